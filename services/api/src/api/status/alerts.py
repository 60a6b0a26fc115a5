"""The few alerts that matter, evaluated without Prometheus; the names are those of its rules and of the runbook."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from api.status import thresholds
from api.status.drift import FeatureDrift
from api.status.window import wilson


@dataclass(frozen=True, slots=True)
class Alert:
    """`limit` is what `state` was compared with, in words; a rule that can't be judged yet does not fire."""

    name: str
    firing: bool
    state: str
    limit: str


@dataclass(frozen=True, slots=True)
class Holdout:
    """A bundle's accuracy and the number of rows it was measured on."""

    accuracy: float
    rows: int


def judge(
    *,
    model: str | None,
    oldest: float | None,
    drift: Sequence[FeatureDrift],
    holdout: Holdout | None,
    judged: int,
    correct: int,
) -> list[Alert]:
    """Every alert, firing or not. `model` is the version in production, `oldest` the age of the journal in seconds."""
    return [
        Alert(
            "NoModel", model is None, f"version {model} serves" if model else "no version serves", "one in production"
        ),
        _journal(oldest),
        _drift(drift),
        _accuracy(holdout, judged, correct),
    ]


def accuracy_floor(holdout: Holdout, judged: int) -> float:
    """A live accuracy above this can be chance: `version:accuracy:floor` of monitoring/prometheus/rules/model.yml."""
    z = math.sqrt(2 * math.log(0.5 / thresholds.ACCURACY_CHANCE))
    low, high = wilson(holdout.accuracy * holdout.rows, holdout.rows, z) or (0.0, 1.0)
    centre = (low + high) / 2
    nats = -math.log(thresholds.ACCURACY_CHANCE)
    live = nats / (3 * judged) + math.sqrt((nats / (3 * judged)) ** 2 + 2 * centre * (1 - centre) * nats / judged)
    return holdout.accuracy - max(math.hypot(holdout.accuracy - low, live), thresholds.ACCURACY_TOLERANCE)


def _journal(oldest: float | None) -> Alert:
    limit = f"at most {thresholds.JOURNAL_SECONDS} s"
    if oldest is None:
        return Alert("JournalOld", firing=False, state="the courier has not written its status", limit=limit)
    state = f"the oldest record has waited {oldest:.0f} s" if oldest else "no record waits"
    return Alert("JournalOld", oldest > thresholds.JOURNAL_SECONDS, state, limit)


def _drift(drift: Sequence[FeatureDrift]) -> Alert:
    judged = [one for one in drift if one.psi is not None]
    few = f"fewer than {thresholds.DRIFT_ROWS} rows: not judged"
    limit = f"PSI {thresholds.PSI}, more where chance alone explains it"
    if not judged:
        return Alert("FeatureDrift", firing=False, state=few, limit=limit)
    drifted = [one for one in judged if one.drifted]
    worst = (drifted or judged)[0]
    return Alert("FeatureDrift", bool(drifted), f"{worst.feature} has PSI {worst.psi:.2f}", limit)


def _accuracy(holdout: Holdout | None, judged: int, correct: int) -> Alert:
    name = "LiveAccuracyDropped"
    if holdout is None:
        return Alert(name, firing=False, state="no classification is served", limit="only a classification is judged")
    if not judged:
        return Alert(name, firing=False, state="no answer has feedback", limit="not judged")
    floor = accuracy_floor(holdout, judged)
    live = correct / judged
    return Alert(
        name, live < floor, f"{100 * live:.1f} % of {judged:,} judged answers", f"at least {100 * max(floor, 0):.1f} %"
    )
