"""Stage `train`: every candidate cross-validated, the best of each fitted and measured, the winner kept."""

import shutil
import time
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from sklearn.pipeline import Pipeline

from trainer.contract.contract import Contract
from trainer.data.dataset import Rows, load, split
from trainer.params import Candidate, Params, Value, candidates_of, scoring_of
from trainer.training import plots
from trainer.training.evaluate import (
    Score,
    Standing,
    ValueScore,
    best,
    confusion,
    cross_validate,
    cross_validate_values,
    quality,
    value_quality,
)
from trainer.training.levels import learn
from trainer.training.pipeline import build, combinations, fit
from trainer.training.preparation import round_means
from trainer.workspace import canonical
from trainer.workspace.files import json_bytes, write
from trainer.workspace.layout import Layout
from trainer.workspace.progress import Progress


@dataclass(frozen=True)
class Fitted:
    """A candidate's best combination, fitted on all training rows."""

    pipeline: Pipeline
    standing: Standing
    record: dict[str, Any]
    """Its part of report.json: nothing that a clock decides."""
    seconds: dict[str, float]
    plot: bytes
    """PNG: right and wrong on the hold-out."""


def train(layout: Layout, contract: Contract, params: Params, progress: Progress) -> dict[str, Any]:
    """Write artifacts/train and artifacts/timings.json; return the report.

    Raises StageError without data, DataError for bad data, ParamsError for an unknown argument of an estimator.
    """
    dataset = load(layout.processed(contract.name), contract)
    training, holdout = split(
        dataset.rows,
        share=params.holdout_share,
        seed=params.seed,
        folds=params.cross_validation.folds,
        classes=contract.target.classes,
    )
    columns = learn(contract.columns, training.features, len(contract.target.classes))
    contract = contract.model_copy(update={"columns": columns})
    # A mistake in the last candidate is told before the first one is trained.
    candidates = candidates_of(params, contract.task)
    for candidate in candidates.values():
        for chosen in combinations(candidate):
            build(candidate, params.seed, chosen)
    fitted = {
        name: _fit(name, candidate, training, holdout, contract, params, progress)
        for name, candidate in candidates.items()
    }
    winner = best([one.standing for one in fitted.values()]).name
    report = {
        "winner": winner,
        "task": contract.task,
        "scoring": scoring_of(params, contract.task),
        "rows": {"training": len(training), "holdout": len(holdout)},
        "data_sha256": dataset.sha256,
        "candidates": {name: one.record for name, one in fitted.items()},
    }
    _write(layout, report, fitted)
    return report


def _fit(
    name: str,
    candidate: Candidate,
    training: Rows,
    holdout: Rows,
    contract: Contract,
    params: Params,
    progress: Progress,
) -> Fitted:
    tried: list[tuple[dict[str, Value], Score | ValueScore]] = []
    validate = cross_validate if contract.task == "classification" else cross_validate_values
    grid = list(combinations(candidate))
    for number, chosen in enumerate(grid, start=1):
        progress.step(f"{name}: cross-validating combination {number} of {len(grid)}")
        pipeline = build(candidate, params.seed, chosen, contract.columns)
        folds, scoring = params.cross_validation.folds, scoring_of(params, contract.task)
        tried.append((chosen, validate(pipeline, training, folds=folds, seed=params.seed, scoring=scoring)))
    chosen, score = min(tried, key=lambda one: (-one[1].score, one[1].loss))
    progress.step(f"{name}: fitting {chosen or 'as it is'} on {len(training)} rows")
    started = time.perf_counter()
    pipeline = build(candidate, params.seed, chosen, contract.columns)
    fit(pipeline, training.features, training.labels)
    round_means(pipeline)
    fit_seconds = time.perf_counter() - started
    predict_seconds = _one_row_seconds(pipeline, holdout)
    measured, plot = _measure(name, pipeline, holdout, contract)
    record = {
        "estimator": candidate.estimator,
        "params": pipeline.named_steps["model"].get_params(),
        "chosen": chosen,
        "cross_validation": asdict(score),
        "grid": [{"params": combination, **asdict(result)} for combination, result in tried],
        **measured,
    }
    seconds = {"fit_seconds": fit_seconds, "predict_seconds": predict_seconds}
    return Fitted(pipeline, Standing(name, score, predict_seconds), record, seconds, plot)


def _measure(name: str, pipeline: Pipeline, holdout: Rows, contract: Contract) -> tuple[dict[str, Any], bytes]:
    """What the report says of the hold-out, and a picture of it."""
    title = f"{name}, hold-out"
    if contract.task == "regression":
        values = pipeline.predict(holdout.features)
        picture = plots.residuals_png(holdout.labels, values, title)
        return {"holdout": value_quality(holdout.labels, values)}, picture
    classes, probabilities = contract.target.classes, pipeline.predict_proba(holdout.features)
    matrix = confusion(holdout.labels, probabilities, classes)
    measured = {"holdout": quality(holdout.labels, probabilities, classes), "confusion": matrix}
    return measured, plots.confusion_png(matrix, classes, title)


def _one_row_seconds(pipeline: Pipeline, rows: Rows, repeats: int = 5) -> float:
    one, seconds = rows.features.iloc[:1], []
    for _ in range(repeats):
        started = time.perf_counter()
        pipeline.predict(one)
        seconds.append(time.perf_counter() - started)
    return median(seconds)


def _write(layout: Layout, report: dict[str, Any], fitted: dict[str, Fitted]) -> None:
    shutil.rmtree(layout.train, ignore_errors=True)
    write(layout.timings, json_bytes({name: one.seconds for name, one in fitted.items()}))
    for name, one in fitted.items():
        write(layout.plot(name), one.plot)
    write(layout.winner, canonical.dump(fitted[report["winner"]].pipeline))
    write(layout.report, json_bytes(report))
