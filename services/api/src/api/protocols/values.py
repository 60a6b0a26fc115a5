"""The checks on numbers that all protocols share."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from api.bundle.features import Feature, Number
from api.bundle.value_schemas import FLOAT32_MAX
from api.errors import InvalidInputError

Matrix = npt.NDArray[np.float32] | npt.NDArray[np.float64]


class UnfitValueError(InvalidInputError):
    """A value of row ``row`` and column ``column`` that the model can't compute with."""

    def __init__(self, row: int, column: int, problem: str, place: str) -> None:
        self.row, self.column, self.problem = row, column, problem
        super().__init__(f"{place}: {problem}", errors=[{"field": place, "message": problem}])

    def at(self, place: str) -> "UnfitValueError":
        """The same, named as the client's protocol names the place."""
        return UnfitValueError(self.row, self.column, self.problem, place)


def check_values(rows: Matrix, features: Sequence[Feature]) -> None:
    """Refuse values of [n, features] that are not finite in float32, or broken where integers belong.

    Raises:
        UnfitValueError: the first of them.
    """
    # the model computes in float32, where a larger value would silently become infinity; NaN compares false
    good = np.isfinite(rows) if rows.dtype == np.float32 else np.abs(rows) <= FLOAT32_MAX
    if not good.all():
        raise _first(good, features, "is not a finite number of the model's precision (float32)")
    for index, feature in enumerate(features):
        if isinstance(feature, Number) and feature.dtype == "int64":
            good[:, index] = rows[:, index] == np.trunc(rows[:, index])
    if not good.all():
        raise _first(good, features, "is not an integer")


def _first(good: npt.NDArray[np.bool_], features: Sequence[Feature], problem: str) -> UnfitValueError:
    row, column = (int(index) for index in np.argwhere(~good)[0])
    return UnfitValueError(row, column, problem, f"row {row}, {features[column].name}")
