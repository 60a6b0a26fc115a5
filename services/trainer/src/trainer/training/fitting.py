"""A candidate: cross-validated, its best combination fitted on all training rows, and measured on the hold-out."""

from dataclasses import dataclass
from typing import Any

from sklearn.pipeline import Pipeline

from trainer.candidates import Candidate, Value, spelt
from trainer.errors import TrainerError
from trainer.training.calibration import calibration
from trainer.training.evaluate import RankedCandidate, Score, score_of
from trainer.training.final_fit import FinalFit, FitInputs, final_fit
from trainer.training.isolation import IsolatedProcess, Runner, directly
from trainer.training.pipeline import build
from trainer.training.schedule import Schedule
from trainer.training.search import trials_of
from trainer.training.threshold import Threshold, choose, scoring_of_threshold
from trainer.training.validation import Fits, Trial

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
    standing: RankedCandidate
    record: dict[str, Any]
    """Its part of report.json: nothing that a clock decides."""
    seconds: dict[str, float]
    plot: bytes
    """PNG: right and wrong on the hold-out."""


def fit_candidate(
    name: str, candidate: Candidate, inputs: FitInputs, schedule: Schedule, fits: Fits, isolated: IsolatedProcess
) -> Fitted:
    """Cross-validate each combination, fit the best on all training rows and measure it on the hold-out.

    One of the user's own is fitted in the process `isolated`. Raises ValueError where it can't be fitted, TimeoutError
    where the budget was used up before its first turn, or one of the user's own took longer than its deadline.
    """
    if not candidate.is_own:
        return _fitted(name, candidate, inputs, schedule, fits, directly)
    minutes = LATEST * inputs.params.budget_minutes
    late = (
        f"{candidate.estimator} was not fitted within {minutes:g} min, {LATEST} x budget_minutes of params.yaml: "
        "make its fit faster, or budget_minutes larger"
    )
    ask = isolated.asked_for(candidate.estimator, minutes * 60, late)
    try:
        return _fitted(name, candidate, inputs, schedule, fits, ask)
    except (ValueError, TimeoutError, TrainerError):
        raise
    except Exception as error:
        # A person's own code raises whatever it likes on a worker of a cluster, too.
        raise ValueError(f"{candidate.estimator}: {type(error).__name__}: {error}") from error


def _fitted(name: str, candidate: Candidate, inputs: FitInputs, schedule: Schedule, fits: Fits, ask: Runner) -> Fitted:
    tried: list[tuple[dict[str, Value], Score]] = []
    params, contract, trials = inputs.params, inputs.contract, trials_of(candidate, inputs.params.seed)
    check_trees(name, candidate, len(contract.target.classes))
    for number, chosen in enumerate(trials, start=1):
        if not schedule.next(f"{name}: combination {number} of {trials.count}"):
            break
        pipeline = build(candidate, params.seed, chosen, table=inputs.table)
        score = score_of(fits.folds(Trial(name, number), pipeline, ask), inputs.scoring, contract.task)
        tried.append((chosen, score))
        trials.tell(score.score)
    if not tried:
        raise TimeoutError(f"not tried: budget_minutes {params.budget_minutes:g} of params.yaml was used up")
    chosen, score = min(tried, key=lambda one: (-one[1].score, one[1].loss))
    schedule.last(f"{name}: fitting {spelt(chosen) or 'as it is'} on {len(inputs.training)} rows")
    threshold = _threshold(score, inputs)
    last: FinalFit = ask(
        final_fit, name, build(candidate, params.seed, chosen, table=inputs.table), inputs,
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
    standing = RankedCandidate(name, score, last.seconds["predict_seconds"])
    return Fitted(last.pipeline, standing, record, last.seconds, last.plot)


def check_trees(name: str, candidate: Candidate, classes: int) -> None:
    """Raises ValueError where a boosted model of `classes` classes would have more than MOST_TREES trees."""
    key, usual = ITERATIONS.get(candidate.estimator, ("", 0))
    iterations = candidate.settings.get(key, usual)
    if isinstance(iterations, int) and classes > 2 and iterations * classes > MOST_TREES:
        trees = f"{iterations} iterations with a tree for each of {classes} classes are {iterations * classes:,} trees"
        advice = f"set candidates.{name}.settings.{key} in params.yaml to {MOST_TREES // classes} or less"
        raise ValueError(f"{trees}, more than {MOST_TREES:,}; {advice}")


def _threshold(score: Score, inputs: FitInputs) -> Threshold | None:
    if score.unseen is None:
        return None
    scoring = scoring_of_threshold(inputs.params.threshold, inputs.training.labels)
    return None if scoring is None else choose(score.unseen, scoring)


def _settings(model: Any) -> dict[str, Any]:
    """The arguments of an estimator as JSON has them: others stand in the report by their class."""
    plain = (bool, int, float, str, type(None))
    return {
        name: value if isinstance(value, plain) and value == value else str(value)
        for name, value in model.get_params().items()
        if isinstance(value, plain) or name == "class_weight"
    }
