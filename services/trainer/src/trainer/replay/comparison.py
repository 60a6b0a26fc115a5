"""Old and new answers, counted: by class, by the bins of each column, and on rows whose truth is known."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from trainer.contract.columns import Boolean, Category, Column, Moment, Number
from trainer.replay.audit import AuditedAnswer
from trainer.replay.statistics import mean_interval, quality
from trainer.scoring.answering import Answers
from trainer.scoring.model import Model

BINS = 5
MOST_BINS = 20
"""Bins of a category; the rest is counted together."""
MOVED = 0.01
"""A regression's answer has moved when it differs by more than this share of the target's range."""
Mask = npt.NDArray[np.bool_]


@dataclass
class Comparison:
    """Pages are added one by one; nothing of a row is kept."""

    model: Model
    rows: int = 0
    differing: int = 0
    """Labels that differ; of a regression values that moved."""
    largest: float = 0.0
    """Difference of a probability, or of a value."""
    versions: Counter[str] = field(default_factory=Counter)
    """Rows by the version and bundle that served them."""
    flips: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By the old label and the new one."""
    bins: dict[str, Counter[str]] = field(default_factory=dict)
    flipped: dict[str, Counter[str]] = field(default_factory=dict)
    judged: Counter[str] = field(default_factory=Counter)
    errors: list[float] = field(default_factory=lambda: [0.0] * 4)
    """A regression's absolute errors, old and new; their differences, and those squared."""
    same_bundle: Counter[str] = field(default_factory=Counter)
    """Rows that this very bundle served, and labels among them that differ now."""
    largest_same: float = 0.0

    def add(self, rows: Sequence[AuditedAnswer], answers: Answers, frame: pd.DataFrame) -> None:
        """Answers of the version for `rows`, whose natural values are in `frame`."""
        if not rows:
            return
        if self.model.classes:
            differs, distance = self._labels(rows, answers)
        else:
            differs, distance = self._values(rows, answers)
        self.rows += len(rows)
        self.differing += int(differs.sum())
        self.largest = max(self.largest, float(distance.max()))
        self.versions.update(f"version {row.version}, bundle {row.bundle[:8]}" for row in rows)
        self._prove(rows, differs, distance)
        for column in self.model.columns:
            self._count(column, frame[column.name], differs)

    def report(self) -> dict[str, Any]:
        """As JSON."""
        columns = {
            name: [{"bin": one, "rows": rows, "differing": self.flipped[name][one]} for one, rows in counted.items()]
            for name, counted in self.bins.items()
        }
        return {
            "rows": self.rows,
            "differing": self.differing,
            "largest_difference": self.largest,
            "served_by": dict(self.versions.most_common()),
            "same_bundle": {
                "rows": self.same_bundle["rows"],
                "differing": self.same_bundle["differing"],
                "largest_difference": self.largest_same,
            },
            "flips": [{"old": old, "new": new, "rows": rows} for (old, new), rows in self.flips.most_common()],
            "columns": columns,
            "segments": [name for name in self.model.contender.segments if name in columns],
            "quality": self._quality(),
        }

    def _labels(self, rows: Sequence[AuditedAnswer], answers: Answers) -> tuple[Mask, npt.NDArray[np.float64]]:
        classes = self.model.classes
        new = [classes[place] for place in answers.labels]
        differs = np.array([row.label != label for row, label in zip(rows, new, strict=True)])
        self.flips.update((row.label, label) for row, label in zip(rows, new, strict=True))
        # A class that the old version did not have had no probability.
        old = np.array([[row.probabilities.get(name, 0.0) for name in classes] for row in rows], dtype=np.float64)
        for row, label in zip(rows, new, strict=True):
            if row.true_label is not None:
                right = row.label == row.true_label, label == row.true_label
                self.judged.update(["judged", OUTCOMES[right]])
        return differs, np.abs(answers.scores - old).max(axis=1)

    def _values(self, rows: Sequence[AuditedAnswer], answers: Answers) -> tuple[Mask, npt.NDArray[np.float64]]:
        target = self.model.contender.manifest["target"]
        old = np.array([np.nan if row.value is None else row.value for row in rows])
        distance = np.nan_to_num(np.abs(answers.scores - old), nan=np.inf)
        for row, new in zip(rows, answers.scores.tolist(), strict=True):
            if row.true_value is not None and row.value is not None:
                before, after = abs(row.value - row.true_value), abs(new - row.true_value)
                self.judged["judged"] += 1
                for place, value in enumerate((before, after, after - before, (after - before) ** 2)):
                    self.errors[place] += value
        return distance > MOVED * (target["maximum"] - target["minimum"]), distance

    def _prove(self, rows: Sequence[AuditedAnswer], differs: Mask, distance: npt.NDArray[np.float64]) -> None:
        """The version that served answers again as it did, or the audit is not what was answered."""
        same = np.array([row.bundle == self.model.bundle for row in rows])
        if same.any():
            self.same_bundle.update(rows=int(same.sum()), differing=int(differs[same].sum()))
            self.largest_same = max(self.largest_same, float(distance[same].max()))

    def _count(self, column: Column, values: "pd.Series[Any]", differs: Mask) -> None:
        places, names = _binned(column, values)
        counted, flipped = (
            self.bins.setdefault(column.name, Counter()),
            self.flipped.setdefault(column.name, Counter()),
        )
        for counter, weights in ((counted, None), (flipped, differs)):
            totals = np.bincount(places, weights=weights, minlength=len(names))
            for name, total in zip(names, totals.tolist(), strict=True):
                if total:
                    counter[_room(counted, name)] += int(total)

    def _quality(self) -> dict[str, Any]:
        rows = self.judged["judged"]
        if self.model.classes:
            return quality({key: self.judged[key] for key in ("judged", "both", "only_old", "only_new")})
        before, after, change, squares = self.errors
        mean = (lambda total: total / rows) if rows else (lambda _: None)
        low, high = mean_interval(change, squares, rows)
        interval = [low, high] if rows > 1 else None
        return {
            "rows": rows,
            "old": {"mean_absolute_error": mean(before)},
            "new": {"mean_absolute_error": mean(after)},
            "difference": {"value": mean(change), "interval": interval},
        }


OUTCOMES = {(True, True): "both", (True, False): "only_old", (False, True): "only_new", (False, False): "neither"}
OTHERS = "(other)"


def _room(counted: Counter[str], name: str) -> str:
    """The bin's own name while there is room for one more."""
    return name if name in counted or len(counted) < MOST_BINS else OTHERS


def _binned(column: Column, values: "pd.Series[Any]") -> tuple[npt.NDArray[np.int64], list[str]]:
    """The place of each value's bin, and the names of the bins."""
    if isinstance(column, Number):
        edges = np.linspace(column.minimum, column.maximum, BINS + 1)
        found = values.to_numpy(dtype=np.float64)
        inside = np.clip(np.searchsorted(edges, found, side="right"), 1, BINS)
        places = np.where(found < edges[0], 0, np.where(found > edges[-1], BINS + 1, inside))
        within = [f"{low:g} to {high:g}" for low, high in pairwise(edges)]
        names = [f"below {edges[0]:g}", *within, f"above {edges[-1]:g}", "missing"]
        return np.where(np.isnan(found), BINS + 2, places), names
    if isinstance(column, Moment):
        values = values.str.slice(0, 7)
    elif isinstance(column, Boolean | Category):
        values = values.map(lambda one: one if one is None or isinstance(one, str) else str(one).lower())
    codes, distinct = pd.factorize(values)
    texts = [str(one) for one in distinct]
    return np.where(codes < 0, len(texts), codes), [*texts, "missing"]
