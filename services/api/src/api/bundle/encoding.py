"""Natural values to the numbers the model takes: an index, 1 or 0, a date's numbers, NaN for what is missing."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from api.bundle.features import Boolean, Category, Feature, LearnedCategory, Moment, Number, width
from api.bundle.moments import numbers

Value = float | str | bool | None
"""A value as it came: a number, a category, true or false, or missing."""

_NAN = float("nan")


class Encoder:
    """For models whose features are not all numbers that are always there; docs/formats has the rule."""

    def __init__(self, features: Sequence[Feature]) -> None:
        self._codes = [_codes(feature) for feature in features]
        # Of a column whose values are not all in a table of codes.
        self._others = [_other(feature) for feature in features]

    def encode(self, rows: Sequence[Sequence[Value]]) -> npt.NDArray[np.float64]:
        """[n, width] of values that the model's schema has let pass."""
        columns: list[Any] = []
        for column, codes, other in zip(zip(*rows, strict=True), self._codes, self._others, strict=True):
            if isinstance(other, _Moments):
                columns += other.columns(column)
            elif callable(other):
                columns.append([_NAN if value is None else other(value) for value in column])
            else:
                columns.append([codes.get(value, value if other is None else other) for value in column])
        return np.array(columns, dtype=np.float64).T


class _Moments:
    """The columns of a date or time."""

    def __init__(self, feature: Moment) -> None:
        self._start, self._width = datetime.fromisoformat(feature.reference), width(feature)
        self._gap = [_NAN] * self._width

    def columns(self, texts: Sequence[Any]) -> Iterable[Sequence[float]]:
        start, size, gap = self._start, self._width, self._gap
        return zip(*[gap if text is None else numbers(text, start, size) for text in texts], strict=True)


def _other(feature: Feature) -> Any:
    """The number of a value that has no code: None, it is a number; a number, that one; else how it is computed."""
    match feature:
        case Category():
            return float(len(feature.categories))
        case LearnedCategory():
            return float(len(feature.places))
        case Moment():
            return _Moments(feature)
        case Number() if feature.is_scaled:
            return feature.scaled
    return None


def _codes(feature: Feature) -> Mapping[Any, float]:
    known: dict[Any, float]
    match feature:
        case Category():
            known = {category: float(index) for index, category in enumerate(feature.categories)}
        case LearnedCategory():
            known = dict(feature.places)
        case Boolean():
            known = {True: 1.0, False: 0.0}
        case _:
            known = {}
    return {**known, None: _NAN}
