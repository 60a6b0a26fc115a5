"""Chooses the probability from which the rarer of two classes is answered, on rows that cross-validation held out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from trainer.decision import Decision
from trainer.params import Costs

FEWEST = 10
"""Held out rows of either class; with fewer, a threshold would be chosen by chance."""
LOPSIDED = 0.9
"""Share of the rows: where one class has more of them, `auto` chooses a threshold."""
Floats = npt.NDArray[np.float64]
Measure = Callable[[Floats, Floats, float, float], Floats]
"""Measures hits and false alarms at each cut, given the rows with and without the class; higher is better."""


@dataclass(frozen=True)
class OutOfFold:
    """Rows that cross-validation held out: n class indices, and their probabilities, n x classes."""

    truth: npt.NDArray[np.int64]
    shares: npt.NDArray[Any]


@dataclass(frozen=True)
class Threshold:
    """A chosen threshold and what it gained."""

    decision: Decision
    scoring: str
    score: float
    """On the rows it was chosen on, so a little too good."""
    score_at_half: float

    def record(self, classes: Sequence[str]) -> dict[str, Any]:
        """Its part of report.json."""
        chosen = {"class": classes[self.decision.place], "at": self.decision.at, "scoring": self.scoring}
        return chosen | {"score": self.score, "score_at_half": self.score_at_half}


def scoring_of_threshold(asked: str | Costs, labels: npt.NDArray[Any]) -> str | Costs | None:
    """The figure a threshold is chosen for; None where the more probable class is answered. `labels`: of all rows."""
    counts = np.unique(labels, return_counts=True)[1]
    if asked == "none" or len(counts) != 2:
        return None
    if asked != "auto":
        return asked
    return "f1" if counts.max() / len(labels) > LOPSIDED else None


def choose(unseen: OutOfFold, scoring: str | Costs) -> Threshold | None:
    """The best cut between two probabilities; None where no cut is better than one half, or rows are too few."""
    counts = np.bincount(unseen.truth, minlength=2)
    if counts.min() < FEWEST:
        return None
    rare = int(counts.argmin())
    shares = unseen.shares[:, rare].astype(np.float32).astype(np.float64)
    positive = unseen.truth == rare
    order = np.argsort(-shares, kind="stable")
    ranked = shares[order]
    # A cut lies between two different probabilities.
    last = np.flatnonzero(ranked[:-1] > ranked[1:])
    if not len(last):
        return None
    hits = np.cumsum(positive[order], dtype=np.float64)
    measure = _measure(scoring)
    with_it, without = float(positive.sum()), float((~positive).sum())
    scores = measure(hits[last], last + 1 - hits[last], with_it, without)
    best = int(scores.argmax())
    # One half is answered by the first class, as without a threshold.
    half = shares > 0.5 if rare else shares >= 0.5
    found = np.array([float((half & positive).sum())]), np.array([float((half & ~positive).sum())])
    at_half = float(measure(*found, with_it, without)[0])
    if scores[best] <= at_half:
        return None
    at = _between(float(ranked[last[best] + 1]), float(ranked[last[best]]))
    name = scoring if isinstance(scoring, str) else "costs"
    return Threshold(Decision(rare, at), name, float(scores[best]), at_half)


def _between(low: float, high: float) -> float:
    """A number between the two with few digits, and not next to either."""
    middle, tenth = (low + high) / 2, (high - low) / 10
    rounded = (round(middle, digits) for digits in range(2, 8))
    return next((one for one in rounded if low + tenth < one < high - tenth), middle)


def _measure(scoring: str | Costs) -> Measure:
    if isinstance(scoring, Costs):
        return lambda hits, alarms, with_it, _: -(scoring.missed * (with_it - hits) + scoring.false_alarm * alarms)
    return _MEASURES[scoring]


def _f1(hits: Floats, alarms: Floats, with_it: float, without: float) -> Floats:
    del without
    return 2 * hits / (hits + alarms + with_it)


def _f1_macro(hits: Floats, alarms: Floats, with_it: float, without: float) -> Floats:
    rest, missed = without - alarms, with_it - hits
    return (_f1(hits, alarms, with_it, without) + 2 * rest / (rest + missed + without)) / 2


def _balanced(hits: Floats, alarms: Floats, with_it: float, without: float) -> Floats:
    return (hits / with_it + 1 - alarms / without) / 2


def _accuracy(hits: Floats, alarms: Floats, with_it: float, without: float) -> Floats:
    return (hits + without - alarms) / (with_it + without)


_MEASURES: Mapping[str, Measure] = {
    "f1": _f1,
    "f1_macro": _f1_macro,
    "balanced_accuracy": _balanced,
    "accuracy": _accuracy,
}
