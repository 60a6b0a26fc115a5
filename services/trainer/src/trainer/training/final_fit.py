"""The fit of a candidate's best combination on all training rows, and its measurements on the hold-out."""

import time
from dataclasses import dataclass
from statistics import median
from typing import Any, NamedTuple

from sklearn.pipeline import Pipeline

from trainer.contract.contract import Contract
from trainer.data.dataset import Rows
from trainer.decision import Decision
from trainer.params import Params
from trainer.training import conformal, plots
from trainer.training.figures import confusion, quality, value_quality
from trainer.training.pipeline import Table, fit
from trainer.training.preparation import round_learned
from trainer.workspace import canonical


@dataclass(frozen=True)
class FitInputs:
    """The inputs that are the same for every candidate."""

    training: Rows
    holdout: Rows
    contract: Contract
    params: Params
    scoring: str
    table: Table


class FinalFit(NamedTuple):
    """The fit on all training rows."""

    pipeline: Pipeline
    size: int
    """Bytes of its file."""
    seconds: dict[str, float]
    measured: dict[str, Any]
    plot: bytes


def final_fit(name: str, pipeline: Pipeline, inputs: FitInputs, decision: Decision | None) -> FinalFit:
    """Fit on all training rows and measure on the hold-out rows; seconds are of the wall clock."""
    started = time.perf_counter()
    fit(pipeline, inputs.training.features, inputs.training.labels, inputs.training.weights)
    round_learned(pipeline)
    fit_seconds = time.perf_counter() - started
    predict_seconds = _one_row_seconds(pipeline, inputs.holdout)
    measured, plot = _measure(name, pipeline, inputs.holdout, inputs.contract, decision, inputs.params.coverage)
    seconds = {"fit_seconds": fit_seconds, "predict_seconds": predict_seconds}
    return FinalFit(pipeline, len(canonical.dump(pipeline)), seconds, measured, plot)


def _measure(
    name: str, pipeline: Pipeline, holdout: Rows, contract: Contract, decision: Decision | None, coverage: float
) -> tuple[dict[str, Any], bytes]:
    """The hold-out's part of the report, and a picture of it."""
    title = f"{name}, hold-out"
    if contract.task == "regression":
        values = pipeline.predict(holdout.features)
        picture = plots.residuals_png(holdout.labels, values, title)
        section = conformal.of_values(holdout.labels, values, coverage)
        return {"holdout": value_quality(holdout.labels, values), **_found(conformal=section)}, picture
    classes, probabilities = contract.target.classes, pipeline.predict_proba(holdout.features)
    matrix = confusion(holdout.labels, probabilities, classes, decision)
    section = conformal.of_classes(holdout.labels, probabilities, coverage)
    measured = {"holdout": quality(holdout.labels, probabilities, classes, decision), "confusion": matrix}
    return measured | _found(conformal=section), plots.confusion_png(matrix, classes, title)


def _found(**sections: dict[str, Any] | None) -> dict[str, Any]:
    """Those that there were rows enough for."""
    return {name: section for name, section in sections.items() if section}


def _one_row_seconds(pipeline: Pipeline, rows: Rows, repeats: int = 5) -> float:
    one, seconds = rows.features.iloc[:1], []
    for _ in range(repeats):
        started = time.perf_counter()
        pipeline.predict(one)
        seconds.append(time.perf_counter() - started)
    return median(seconds)
