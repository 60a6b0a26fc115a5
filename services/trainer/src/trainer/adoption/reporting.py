"""The report of an adopted model, as `train` writes one of a single candidate that was not cross-validated."""

from typing import Any

import numpy as np

from trainer.adoption.description import ModelDescription
from trainer.adoption.original_model import OriginalModel
from trainer.contract.contract import Contract
from trainer.data import dataset as data
from trainer.estimators import in_words
from trainer.params import Params, scoring_of
from trainer.training import conformal, plots
from trainer.training.calibration import calibration
from trainer.training.evaluate import guess, scoring_for
from trainer.training.figures import confusion, quality, value_quality
from trainer.workspace.files import write
from trainer.workspace.layout import Layout

CANDIDATE = "adopted"


def report_of(
    layout: Layout,
    twin: OriginalModel,
    described: ModelDescription,
    found: data.Dataset,
    sides: tuple[data.Rows, data.Rows],
    contract: Contract,
    params: Params,
) -> dict[str, Any]:
    """`sides` are the rows that are taken for training, and those that are held out."""
    training, holdout = sides
    classes, title = contract.target.classes, f"{described.estimator}, hold-out"
    if classes:
        shares = twin.predict_proba(holdout.features)
        matrix = confusion(holdout.labels, shares, classes)
        measured: dict[str, Any] = {"holdout": quality(holdout.labels, shares, classes), "confusion": matrix}
        measured["conformal"] = conformal.of_classes(holdout.labels, shares, params.coverage)
        measured["calibration"] = calibration(shares.max(axis=1), shares.argmax(axis=1) == holdout.labels)
        write(layout.plot(CANDIDATE), plots.confusion_png(matrix, classes, title))
    else:
        values = twin.predict(holdout.features)
        measured = {"holdout": value_quality(holdout.labels, values)}
        measured["conformal"] = conformal.of_values(holdout.labels, values, params.coverage)
        write(layout.plot(CANDIDATE), plots.residuals_png(holdout.labels, values, title))
    scoring = scoring_for(found.rows.labels, contract.task, scoring_of(params, contract.task))
    settings = twin.model.get_params(deep=False) if hasattr(twin.model, "get_params") else {}
    report: dict[str, Any] = {
        "winner": CANDIDATE,
        "task": contract.task,
        "scoring": scoring,
        "rows": {"training": len(training), "holdout": len(holdout)},
        "split": {"by": found.rows.split_by},
        "data_sha256": found.sha256,
        "candidates": {
            CANDIDATE: {
                "estimator": described.estimator,
                "words": in_words(described.estimator),
                "params": {name: value for name, value in settings.items() if _is_simple(value)},
                "chosen": {},
                "grid": [],
                **{name: section for name, section in measured.items() if section is not None},
            }
        },
        "left_out": {},
        "guess": guess(
            training, folds=params.cross_validation.folds, seed=params.seed, scoring=scoring, task=contract.task
        ).record,
        "warnings": [],
    }
    if found.rows.times is not None:
        report["split"] |= {"after": data.newest_of(found.rows, params.holdout_share)}
    return report


def _is_simple(value: Any) -> bool:
    """Whether JSON can say it; XGBoost has settings that are NaN."""
    return value is None or isinstance(value, str | int) or (isinstance(value, float) and bool(np.isfinite(value)))
