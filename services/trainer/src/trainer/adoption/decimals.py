"""Numbers of few decimals in float32: 31.9 becomes 31.8999996, and a model of float64 may split exactly at 31.9.

A float32 that is nearest to a number with as many decimals as the table has is taken for that number.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from trainer.contract.columns import Column, Number
from trainer.data.dataset import Rows

MOST = 6
"""Decimals that are looked for."""
EXACT = 2.0**23
"""Below it float32 tells whole numbers and their halves apart."""
Floats = npt.NDArray[np.float64]


def steps_of(columns: Sequence[Column], rows: Rows) -> list[float]:
    """10 to the number of decimals of each column in the table; 0 for none, for too many, and for other kinds."""
    return [_step(rows.features[one.name].to_numpy(np.float64)) if _fits(one) else 0.0 for one in columns]


def restored(values: npt.NDArray[Any], steps: Floats | float) -> Floats:
    """`values` rounded to float32, and from there to the decimals where that is the same float32."""
    single = values.astype(np.float32)
    plain: Floats = single.astype(np.float64)
    near = np.round(plain * steps) / np.where(np.equal(steps, 0), 1.0, steps)
    same = np.not_equal(steps, 0) & (near.astype(np.float32) == single)
    return np.where(same, near, plain)


def _fits(column: Column) -> bool:
    return isinstance(column, Number) and column.dtype == "float64" and column.scale is None


def _step(values: Floats) -> float:
    there = values[~np.isnan(values)]
    for decimals in range(MOST + 1):
        step = 10.0**decimals
        if not len(there) or np.abs(there).max() * step >= EXACT:
            return 0.0
        if (np.round(there * step) / step == there).all():
            return step if decimals else 0.0
    return 0.0
