"""How many values are above each limit, for columns with limits of their own."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from api.telemetry import thresholds
from api.telemetry.thresholds import Thresholds

LIMITS = [[2.5, 0.0, 4.9], [], [-1.0]]
LEAST = [0.2, 0.0, -3.0]


@pytest.mark.parametrize("cells", [1, 1 << 20])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_each_value_is_compared_in_its_own_type(dtype: type, cells: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thresholds, "_CELLS", cells)
    random = np.random.default_rng(7)
    values = np.round(random.uniform(-5, 5, (3, 101)), 1)
    values[0, :4] = [2.5, 4.9, 0.2, -0.0]
    columns: npt.NDArray[Any] = values.astype(dtype)
    own = dtype if dtype is not np.int64 else np.float64
    found = Thresholds(LIMITS, LEAST).above(columns)
    for column, limits, least, (reach, *above) in zip(columns, LIMITS, LEAST, found, strict=True):
        assert reach == int((column >= own(least)).sum())
        assert above[: len(limits)] == [int((column > own(limit)).sum()) for limit in limits]
        assert not any(above[len(limits) :])


def test_a_missing_value_is_above_nothing() -> None:
    column = np.array([[np.nan, 1.0, np.nan]], dtype=np.float32)
    assert Thresholds([[0.0]], [-1.0]).above(column) == [[1, 1]]


def test_no_columns_have_no_counts() -> None:
    assert Thresholds([], []).above(np.empty((0, 5))) == []
