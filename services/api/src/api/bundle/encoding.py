"""Natural values to the numbers the model takes: a category's index, 1 or 0, NaN for what is missing."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from api.bundle.features import Boolean, Category, Feature, Learned

Value = float | str | bool | None
"""A value as it came: a number, a category, true or false, or missing."""

_NAN = float("nan")


class Encoder:
    """For models whose features are not all numbers that are always there; docs/formats has the rule."""

    def __init__(self, features: Sequence[Feature]) -> None:
        self._codes = [_codes(feature) for feature in features]
        # What is in no table is a number, or a category that the schema let pass: one beyond the known ones.
        self._others = [_other(feature) for feature in features]

    def encode(self, rows: Sequence[Sequence[Value]]) -> npt.NDArray[np.float64]:
        """[n, features] of values that the model's schema has let pass."""
        columns = zip(*rows, strict=True)
        return np.array(
            [
                [codes.get(value, value if other is None else other) for value in column]
                for column, codes, other in zip(columns, self._codes, self._others, strict=True)
            ],
            dtype=np.float64,
        ).T


def _other(feature: Feature) -> float | None:
    match feature:
        case Category():
            return float(len(feature.categories))
        case Learned():
            return float(len(feature.places))
    return None


def _codes(feature: Feature) -> Mapping[Any, float]:
    known: dict[Any, float]
    match feature:
        case Category():
            known = {category: float(index) for index, category in enumerate(feature.categories)}
        case Learned():
            known = dict(feature.places)
        case Boolean():
            known = {True: 1.0, False: 0.0}
        case _:
            known = {}
    return {**known, None: _NAN}
