"""Answers counted by segment: by each value of a column that the contract marks with `segment: true`."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from api.bundle.features import Feature
from api.telemetry.answer_metrics import AnswerMetrics
from api.telemetry.counting import adder

MOST_SERIES = 400
"""Series of one column and version. With more classes than fit, a segment's answers are counted together."""
ANY = "(any)"
FEW = 16
"""Rows that are counted one by one: a call of NumPy costs more than a row."""


class SegmentMetrics:
    """One column. The contract allows it at most 20 values; missing and unknown ones are two more segments."""

    def __init__(
        self,
        metrics: AnswerMetrics,
        version: str,
        variant: str,
        feature: Feature,
        names: Sequence[str],
        labels: Sequence[str],
        reference: Mapping[str, Sequence[int]],
        *,
        expects: bool,
    ) -> None:
        """`names` are the column's bins in reference.json, `labels` the answers; `expects` with an estimate.

        `reference` has the hold-out's rows by segment and answer, of a bundle that has them.
        """
        self._known = len(names) - feature.nullable
        self._labels = list(labels) if len(names) * len(labels) <= MOST_SERIES else [ANY]
        self._size, self._width = len(names), len(self._labels)
        of = (version, variant, feature.name)
        self._rows = [
            adder(metrics.segment_predictions.labels(*of, name, label)) for name in names for label in self._labels
        ]
        self._expected = (
            [adder(metrics.segment_expected_correct.labels(*of, name)) for name in names] if expects else []
        )
        # Answers that are counted together have no distribution, and a shadow or canary no drift of its own.
        known = reference if variant == "production" and self._width > 1 else {}
        self._reference = [
            (metrics.segment_reference.labels(version, feature.name, name, label), rows)
            for name, counts in known.items()
            for label, rows in zip(self._labels, counts, strict=True)
        ]

    def set_reference(self, *, present: bool) -> None:
        """Export the hold-out's rows by segment and answer, or 0 for a version that is gone."""
        for gauge, rows in self._reference:
            gauge.set(rows if present else 0)

    def count(
        self, column: npt.NDArray[Any], labels: npt.NDArray[np.int64], expected: npt.NDArray[np.float64] | None
    ) -> None:
        """Count n rows: the column's indices [n], the answers [n] and, if estimated, their chances to be right."""
        if len(labels) <= FEW:
            for row, label in enumerate(labels.tolist()):
                self._count_one(column.item(row), label, None if expected is None else expected.item(row))
            return
        # A missing value is in the last bin, as in reference.json.
        places = np.where(np.isnan(column), self._size - 1, np.minimum(column, self._known - 1)).astype(np.int64)
        cells = places * self._width + (labels if self._width > 1 else 0)
        for index, count in enumerate(np.bincount(cells).tolist()):
            if count:
                self._rows[index](count)
        if expected is not None and self._expected:
            for index, total in enumerate(np.bincount(places, weights=expected).tolist()):
                if total:
                    self._expected[index](total)

    def _count_one(self, value: float, label: int, expected: float | None) -> None:
        # Only a missing value differs from itself.
        place = self._size - 1 if value != value else int(value) if value < self._known else self._known - 1
        self._rows[place * self._width + label if self._width > 1 else place](1.0)
        if self._expected and expected is not None:
            self._expected[place](expected)
