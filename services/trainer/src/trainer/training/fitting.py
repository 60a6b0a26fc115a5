"""A candidate: cross-validated, its best combination fitted on all training rows, and measured on the hold-out."""

import time
from dataclasses import dataclass
from statistics import median
from typing import Any, NamedTuple

from sklearn.pipeline import Pipeline

from trainer.candidates import Candidate, Value, spelt
from trainer.contract.contract import Contract
from trainer.data.dataset import Rows
from trainer.decision import Decision
from trainer.errors import TrainerError
from trainer.params import Params
from trainer.training import conformal, plots
from trainer.training.apart import Apart, Ask, directly
from trainer.training.calibration import calibration
from trainer.training.evaluate import Score, Standing, score_of
from trainer.training.figures import confusion, quality, value_quality
from trainer.training.pipeline import Table, build, fit
from trainer.training.preparation import round_learned
from trainer.training.schedule import Schedule
from trainer.training.search import trials_of
from trainer.training.threshold import Threshold, choose, scoring_of_threshold
from trainer.training.validation import Fits, Trial
from trainer.workspace import canonical

LATEST = 2
"""Times the budget: the last combination may start just before its end, and takes its folds and the whole table."""

MOST_TREES = 20_000
"""Trees of one boosted model, which has one for each class and iteration; each takes a millisecond or two."""
ITERATIONS = {"HistGradientBoostingClassifier": ("max_iter", 100), "GradientBoostingClassifier": ("n_estimators", 100)}
"""Their name, and their number by default."""


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


def fit_candidate(name: str, candidate: Candidate, task: Task, schedule: Schedule, fits: Fits, apart: Apart) -> Fitted:
    """Cross-validate each combination, fit the best on all training rows and measure it on the hold-out.

    One of the user's own is fitted in the process `apart`. Raises ValueError where it can't be fitted, TimeoutError
    where the budget was used up before its first turn, or one of the user's own took longer than its deadline.
    """
    if not candidate.is_own:
        return _fitted(name, candidate, task, schedule, fits, directly)
    minutes = LATEST * task.params.budget_minutes
    late = (
        f"{candidate.estimator} was not fitted within {minutes:g} min, {LATEST} x budget_minutes of params.yaml: "
        "make its fit faster, or budget_minutes larger"
    )
    ask = apart.asked_for(candidate.estimator, minutes * 60, late)
    try:
        return _fitted(name, candidate, task, schedule, fits, ask)
    except (ValueError, TimeoutError, TrainerError):
        raise
    except Exception as error:
        # A person's own code raises whatever it likes on a worker of a cluster, too.
        raise ValueError(f"{candidate.estimator}: {type(error).__name__}: {error}") from error


def _fitted(name: str, candidate: Candidate, task: Task, schedule: Schedule, fits: Fits, ask: Ask) -> Fitted:
    tried: list[tuple[dict[str, Value], Score]] = []
    params, contract, trials = task.params, task.contract, trials_of(candidate, task.params.seed)
    check_trees(name, candidate, len(contract.target.classes))
    for number, chosen in enumerate(trials, start=1):
        if not schedule.next(f"{name}: combination {number} of {trials.count}"):
            break
        pipeline = build(candidate, params.seed, chosen, table=task.table)
        score = score_of(fits.folds(Trial(name, number), pipeline, ask), task.scoring, contract.task)
        tried.append((chosen, score))
        trials.tell(score.score)
    if not tried:
        raise TimeoutError(f"not tried: budget_minutes {params.budget_minutes:g} of params.yaml was used up")
    chosen, score = min(tried, key=lambda one: (-one[1].score, one[1].loss))
    schedule.last(f"{name}: fitting {spelt(chosen) or 'as it is'} on {len(task.training)} rows")
    threshold = _threshold(score, task)
    last: _Last = ask(
        _last, name, build(candidate, params.seed, chosen, table=task.table), task,
        threshold.decision if threshold else None,
    )  # fmt: skip
    record = {
        "estimator": candidate.estimator,
        "words": candidate.words,
        "params": _settings(last.pipeline.named_steps["model"]),
        "size": last.size,
        "chosen": chosen,
        "cross_validation": score.record,
        "grid": [{"params": combination, **result.record} for combination, result in tried],
        **last.measured,
    }
    if score.answered is not None and (section := calibration(*score.answered)):
        record["calibration"] = section
    if threshold is not None:
        record["threshold"] = threshold.record(contract.target.classes)
    if len(tried) < trials.count:
        limit = f"search.minutes {candidate.search.minutes:g}" if candidate.search and trials.cut else "budget_minutes"
        record["cut"] = f"{limit} ended it after {len(tried)} of {trials.count} combinations"
    standing = Standing(name, score, last.seconds["predict_seconds"])
    return Fitted(last.pipeline, standing, record, last.seconds, last.plot)


class _Last(NamedTuple):
    """The fit on all training rows."""

    pipeline: Pipeline
    size: int
    """Bytes of its file."""
    seconds: dict[str, float]
    measured: dict[str, Any]
    plot: bytes


def _last(name: str, pipeline: Pipeline, task: Task, decision: Decision | None) -> _Last:
    started = time.perf_counter()
    fit(pipeline, task.training.features, task.training.labels, task.training.weights)
    round_learned(pipeline)
    fit_seconds = time.perf_counter() - started
    predict_seconds = _one_row_seconds(pipeline, task.holdout)
    measured, plot = _measure(name, pipeline, task.holdout, task.contract, decision, task.params.coverage)
    seconds = {"fit_seconds": fit_seconds, "predict_seconds": predict_seconds}
    return _Last(pipeline, len(canonical.dump(pipeline)), seconds, measured, plot)


def check_trees(name: str, candidate: Candidate, classes: int) -> None:
    """Raises ValueError where a boosted model of `classes` classes would have more than MOST_TREES trees."""
    key, usual = ITERATIONS.get(candidate.estimator, ("", 0))
    iterations = candidate.settings.get(key, usual)
    if isinstance(iterations, int) and classes > 2 and iterations * classes > MOST_TREES:
        trees = f"{iterations} iterations with a tree for each of {classes} classes are {iterations * classes:,} trees"
        advice = f"set candidates.{name}.settings.{key} in params.yaml to {MOST_TREES // classes} or less"
        raise ValueError(f"{trees}, more than {MOST_TREES:,}; {advice}")


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
