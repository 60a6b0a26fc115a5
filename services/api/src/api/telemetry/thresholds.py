"""Counts the values of a column above each of its limits, in one comparison of all values with all limits."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt

_CELLS = 1 << 20
"""Comparisons made at once, each of which takes a byte."""


class Thresholds:
    """Limits of several columns, in ascending order or not. For ten limits it is twice as fast as a binary search."""

    def __init__(self, limits: Sequence[Sequence[float]], from_below: Sequence[float] = ()) -> None:
        """``limits`` are each column's own. ``from_below`` has for each column one more limit, in front of the others,
        that counts the values that are equal to it too.
        """
        self._limits = limits
        self._from_below = from_below
        self.columns = len(limits)
        self._of_type: dict[np.dtype[Any], npt.NDArray[Any]] = {}

    def above(self, columns: npt.NDArray[Any]) -> list[list[int]]:
        """Count the values [columns, n] above each limit, by column. A NaN is above none.

        Values and limits are compared in the values' own type: 4.9 as a float32 is above 4.9 as a double.
        """
        if columns.dtype.kind != "f":
            columns = columns.astype(np.float64)
        limits = self._of_type.get(columns.dtype)
        if limits is None:
            limits = self._of_type[columns.dtype] = self._as(columns.dtype)
        step = max(_CELLS // max(limits.size, 1), 8)
        counts = _above(columns[:, :step], limits)
        for at in range(step, columns.shape[1], step):
            counts += _above(columns[:, at : at + step], limits)
        return cast("list[list[int]]", counts.tolist())

    def _as(self, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
        """[columns, limits, 1]; the rows that are shorter than others end with infinity, which no value is above."""
        first = bool(self._from_below)
        width = first + max(map(len, self._limits), default=0)
        table = np.full((len(self._limits), width, 1), np.inf, dtype)
        for row, own in zip(table, self._limits, strict=True):
            row[first : first + len(own), 0] = own
        if first:
            table[:, 0, 0] = np.nextafter(np.array(self._from_below, dtype), dtype.type(-np.inf))
        return table


def _above(columns: npt.NDArray[Any], limits: npt.NDArray[Any]) -> npt.NDArray[Any]:
    # A row in memory for each column; and bits, because they are counted eight at a time.
    compared = np.ascontiguousarray(columns)[:, None, :] > limits
    counts: npt.NDArray[Any] = np.bitwise_count(np.packbits(compared, axis=2)).sum(axis=2, dtype=np.int64)
    return counts
