"""What every protocol asks of its numbers, whatever they came in."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from api.errors import FieldError, InvalidInputError
from api.manifest import Feature
from api.schema import FLOAT32_MAX

Matrix = npt.NDArray[np.float32] | npt.NDArray[np.float64]


def check_values(rows: Matrix, features: Sequence[Feature], names: Sequence[str] = ()) -> None:
    """Refuse values of [n, features] that are not finite in float32, or broken where integers belong.

    ``names`` are what the client calls each column's source, where that is not the feature.

    Raises:
        InvalidInputError: with the row and the feature of the first such value.
    """
    # the model computes in float32, where a larger value would silently become infinity; NaN compares false
    good = np.abs(rows) <= FLOAT32_MAX
    if not good.all():
        raise _refusal(good, features, names, "is not a finite number of the model's precision (float32)")
    for index, feature in enumerate(features):
        if feature.dtype == "int64":
            good[:, index] = rows[:, index] == np.trunc(rows[:, index])
    if not good.all():
        raise _refusal(good, features, names, "is not an integer")


def _refusal(
    good: npt.NDArray[np.bool_], features: Sequence[Feature], names: Sequence[str], problem: str
) -> InvalidInputError:
    row, column = (int(index) for index in np.argwhere(~good)[0])
    feature = features[column].name
    source = names[column] if names else feature
    place = f"row {row}" if source == feature else f"row {row}, {feature}"
    error: FieldError = {"field": source, "message": f"{place}: {problem}"}
    return InvalidInputError(f"{source}: {place} {problem}", errors=[error])
