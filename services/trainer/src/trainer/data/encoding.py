"""Natural values as the numbers the served model takes, by the rule of docs/formats and not by scikit-learn."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from trainer.contract.columns import Category, Column


def encode(frame: pd.DataFrame, columns: Sequence[Column] = ()) -> npt.NDArray[np.float32]:
    """[n, columns]: a number as it is, a category's index, 1 or 0 for a boolean, NaN for what is missing.

    Without `columns` all of the frame is numbers.
    """
    table = np.empty(frame.shape, dtype=np.float32)
    kinds: list[Column | None] = list(columns) or [None] * frame.shape[1]
    for place, (name, column) in enumerate(zip(frame.columns, kinds, strict=True)):
        values = frame[name]
        if isinstance(column, Category):
            index = {category: code for code, category in enumerate(column.categories)}
            other = len(index)
            table[:, place] = [np.nan if pd.isna(value) else index.get(value, other) for value in values]
        else:
            table[:, place] = values.to_numpy(dtype=np.float32)
    return table


def natural(value: Any, column: Column) -> Any:
    """A cell of the frame as JSON has it: a number, text, true or false, or null."""
    if pd.isna(value):
        return None
    if column.kind != "number":
        return value if isinstance(value, str) else bool(value)
    return int(value) if column.dtype == "int64" else float(value)
