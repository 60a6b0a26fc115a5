"""Stage `train`: every candidate cross-validated, the best of each fitted and measured, the winner kept."""

import shutil
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from statistics import median
from typing import Any

import pandas as pd
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from trainer.contract.contract import Contract
from trainer.data.dataset import Dataset, Rows, load, newest_of, split
from trainer.decision import Decision
from trainer.errors import ParamsError, StageError
from trainer.estimators import in_words
from trainer.params import Candidate, Params, Value, candidates_of, scoring_of
from trainer.training import conformal, plots
from trainer.training.calibration import calibration
from trainer.training.evaluate import (
    Score,
    Standing,
    best,
    confusion,
    guess,
    quality,
    score_of,
    scoring_for,
    value_quality,
)
from trainer.training.folds import sample
from trainer.training.levels import learn
from trainer.training.own import deadline
from trainer.training.pipeline import Table, build, check_weights, fit
from trainer.training.preparation import round_means
from trainer.training.schedule import Schedule
from trainer.training.search import combinations, corners, trials_of
from trainer.training.threshold import Threshold, choose, scoring_of_threshold
from trainer.training.validation import Fits, Here, Trial, Validation, validation_of
from trainer.training.warnings import warnings_of
from trainer.workspace import canonical
from trainer.workspace.files import json_bytes, write
from trainer.workspace.layout import Layout
from trainer.workspace.progress import Progress

THREADED_ROWS = 200_000
"""On a busy machine one thread boosted 16,000 rows in 4.6 s, two threads in 32 s."""
LATEST = 2
"""Times the budget: the last combination may start just before its end, and takes its folds and the whole table."""
Servable = Callable[[Pipeline, pd.DataFrame], str | None]
"""Why a fitted pipeline can't serve, by what it answers on a table; None where it can."""
Place = Callable[[Validation, Progress], AbstractContextManager[Fits]]
"""Where the fits of cross-validation run, for as long as the context lasts."""


def here(validation: Validation, _progress: Progress) -> AbstractContextManager[Fits]:
    """In this process."""
    return nullcontext(Here(validation))


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


@dataclass(frozen=True)
class Task:
    """The inputs that are the same for every candidate."""

    training: Rows
    holdout: Rows
    contract: Contract
    params: Params
    scoring: str
    table: Table


def train(
    layout: Layout,
    contract: Contract,
    params: Params,
    progress: Progress,
    servable: Servable = lambda _pipeline, _rows: None,
    place: Place = here,
) -> dict[str, Any]:
    """Write artifacts/train and artifacts/timings.json; return the report.

    The winner is the best that `servable` has nothing against. Raises StageError without data and where no candidate
    can serve, DataError for bad data, ParamsError for a wrong argument of an estimator.
    """
    _check_threshold(contract, params)
    dataset = load(layout.processed(contract.name), contract)
    seed, folds, classes = params.seed, params.cross_validation.folds, contract.target.classes
    training, holdout = split(dataset.rows, share=params.holdout_share, seed=seed, folds=folds, classes=classes)
    columns = learn(contract.columns, training.features, len(classes))
    contract = contract.model_copy(update={"columns": columns})
    # A mistake in the last candidate is reported before the first one is trained.
    candidates = candidates_of(params, contract.task)
    known: dict[Trial, Pipeline] = {}
    table = Table(contract.columns, classes, contract.task, layout.root)
    for name, candidate in candidates.items():
        for number, chosen in enumerate(corners(candidate) if candidate.search else combinations(candidate), start=1):
            pipeline = build(candidate, seed, chosen, table=table)
            if not candidate.search:
                known[Trial(name, number)] = pipeline
            if training.weights is not None:
                check_weights(name, pipeline)
    validated = sample(training, params.cross_validation.rows, seed, classes=bool(classes), folds=folds)
    scoring = scoring_for(training.labels, contract.task, scoring_of(params, contract.task))
    task = Task(training, holdout, contract, params, scoring, table)
    steps = sum(trials_of(one, seed).count + 1 for one in candidates.values())
    schedule = Schedule(progress, params.budget_minutes, steps)
    fitted: dict[str, Fitted] = {}
    left_out: dict[str, str] = {}
    try:
        validation = validation_of(validated, folds, seed, contract.task)
    except ValueError as error:
        raise StageError(f"the training rows can't be cross-validated in {folds} folds: {error}") from error
    # Threads of OpenMP and BLAS wait for one another longer than they work, unless the table is large.
    with threadpool_limits(1 if len(training) < THREADED_ROWS else None), place(validation, progress) as fits:
        for trial, pipeline in known.items():
            fits.expect(trial, pipeline)
        for name, candidate in candidates.items():
            try:
                with deadline(_longest(candidate, params), _too_long(candidate, params)):
                    fitted[name] = _fit(name, candidate, task, schedule, fits)
            except (ValueError, TimeoutError) as error:
                # scikit-learn's word for settings that do not go together, or for rows that an estimator can't take.
                left_out[name] = str(error).partition("\n")[0]
    winner = _winner(fitted, left_out, dataset, servable, progress)
    rows = {"training": len(training), "cross_validated": len(validated), "holdout": len(holdout)}
    report: dict[str, Any] = {
        "winner": winner,
        "task": contract.task,
        "scoring": scoring,
        "rows": rows,
        "split": {"by": dataset.rows.split_by},
        "data_sha256": dataset.sha256,
        "candidates": {name: one.record for name, one in fitted.items()},
        "left_out": left_out,
        "guess": guess(validated, folds=folds, seed=seed, scoring=scoring, task=contract.task).record,
    }
    if dataset.rows.times is not None:
        report["split"] |= {"after": newest_of(dataset.rows, params.holdout_share)}
    report["warnings"] = warnings_of(report)
    _write(layout, report, fitted)
    return report


def _check_threshold(contract: Contract, params: Params) -> None:
    """Raises ParamsError where a threshold was asked for and the target has not two classes."""
    if params.threshold not in ("auto", "none") and len(contract.target.classes) != 2:
        raise ParamsError(
            "params.yaml: a threshold is for two classes; set threshold: auto for a target of several or of numbers"
        )


def _winner(
    fitted: dict[str, Fitted], left_out: dict[str, str], dataset: Dataset, servable: Servable, progress: Progress
) -> str:
    """The best candidate that can serve; why a better one can't is added to `left_out`."""
    standings = [one.standing for one in fitted.values()]
    while standings:
        found = best(standings)
        progress.step(f"{found.name}: comparing ONNX and scikit-learn, measuring size and latency")
        reason = servable(fitted[found.name].pipeline, dataset.rows.features)
        if reason is None:
            return found.name
        left_out[found.name] = f"it can't serve: {reason}"
        standings.remove(found)
    said = "\n".join(f"  {name}: {reason}" for name, reason in left_out.items())
    raise StageError(f"no candidate of params.yaml can serve:\n{said}")


def _fit(name: str, candidate: Candidate, task: Task, schedule: Schedule, fits: Fits) -> Fitted:
    """Raises ValueError where it can't be fitted, TimeoutError where the budget was used up before its first turn."""
    tried: list[tuple[dict[str, Value], Score]] = []
    params, contract, trials = task.params, task.contract, trials_of(candidate, task.params.seed)
    for number, chosen in enumerate(trials, start=1):
        if not schedule.next(f"{name}: cross-validating combination {number} of {trials.count}"):
            break
        pipeline = build(candidate, params.seed, chosen, table=task.table)
        score = score_of(fits.folds(Trial(name, number), pipeline), task.scoring, contract.task)
        tried.append((chosen, score))
        trials.tell(score.score)
    if not tried:
        raise TimeoutError(f"not tried: budget_minutes {params.budget_minutes:g} of params.yaml was used up")
    chosen, score = min(tried, key=lambda one: (-one[1].score, one[1].loss))
    schedule.last(f"{name}: fitting {chosen or 'as it is'} on {len(task.training)} rows")
    started = time.perf_counter()
    pipeline = build(candidate, params.seed, chosen, table=task.table)
    fit(pipeline, task.training.features, task.training.labels, task.training.weights)
    round_means(pipeline)
    fit_seconds = time.perf_counter() - started
    predict_seconds = _one_row_seconds(pipeline, task.holdout)
    threshold = _threshold(score, task)
    decision = threshold.decision if threshold else None
    measured, plot = _measure(name, pipeline, task.holdout, contract, decision, params.coverage)
    record = {
        "estimator": candidate.estimator,
        "words": in_words(candidate.estimator),
        "params": _settings(pipeline.named_steps["model"]),
        "size": len(canonical.dump(pipeline)),
        "chosen": chosen,
        "cross_validation": score.record,
        "grid": [{"params": combination, **result.record} for combination, result in tried],
        **measured,
    }
    if score.answered is not None and (section := calibration(*score.answered)):
        record["calibration"] = section
    if threshold is not None:
        record["threshold"] = threshold.record(contract.target.classes)
    if len(tried) < trials.count:
        limit = f"search.minutes {candidate.search.minutes:g}" if candidate.search and trials.cut else "budget_minutes"
        record["cut"] = f"{limit} ended it after {len(tried)} of {trials.count} combinations"
    seconds = {"fit_seconds": fit_seconds, "predict_seconds": predict_seconds}
    return Fitted(pipeline, Standing(name, score, predict_seconds), record, seconds, plot)


def _longest(candidate: Candidate, params: Params) -> float:
    """Seconds for all fits of an estimator of the user's own; those of the table always end."""
    return LATEST * params.budget_minutes * 60 if candidate.is_own else 0.0


def _too_long(candidate: Candidate, params: Params) -> str:
    minutes = f"{LATEST * params.budget_minutes:g} min, {LATEST} x budget_minutes of params.yaml"
    return f"{candidate.estimator} was not fitted within {minutes}: make its fit faster, or budget_minutes larger"


def _threshold(score: Score, task: Task) -> Threshold | None:
    if score.unseen is None:
        return None
    scoring = scoring_of_threshold(task.params.threshold, task.training.labels)
    return None if scoring is None else choose(score.unseen, scoring)


def _settings(model: Any) -> dict[str, Any]:
    """The arguments of an estimator as JSON has them: others stand in the report by their class."""
    plain = (bool, int, float, str, type(None))
    return {
        name: value if isinstance(value, plain) and value == value else str(value)
        for name, value in model.get_params().items()
        if isinstance(value, plain) or name == "class_weight"
    }


def _measure(
    name: str, pipeline: Pipeline, holdout: Rows, contract: Contract, decision: Decision | None, coverage: float
) -> tuple[dict[str, Any], bytes]:
    """The hold-out's part of the report, and a picture of it."""
    title = f"{name}, hold-out"
    if contract.task == "regression":
        values = pipeline.predict(holdout.features)
        picture = plots.residuals_png(holdout.labels, values, title)
        section = conformal.of_values(holdout.labels, values, coverage)
        return {"holdout": value_quality(holdout.labels, values), **_there(conformal=section)}, picture
    classes, probabilities = contract.target.classes, pipeline.predict_proba(holdout.features)
    matrix = confusion(holdout.labels, probabilities, classes, decision)
    section = conformal.of_classes(holdout.labels, probabilities, coverage)
    measured = {"holdout": quality(holdout.labels, probabilities, classes, decision), "confusion": matrix}
    return measured | _there(conformal=section), plots.confusion_png(matrix, classes, title)


def _there(**sections: dict[str, Any] | None) -> dict[str, Any]:
    """Those that there were rows enough for."""
    return {name: section for name, section in sections.items() if section}


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
