"""Natural values as the numbers the served model takes, by the rule of docs/formats and not by scikit-learn."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from trainer.contract.columns import Category, Column, Moment, Number
from trainer.contract.encoded_places import places
from trainer.contract.moments import numbers


def encode(frame: pd.DataFrame, columns: Sequence[Column] = ()) -> npt.NDArray[np.float32]:
    """[n, width]: a number as it is or scaled, a category's index, 1 or 0 for a boolean, the numbers of a date, NaN for
    what is missing. Only a date or time is wider than one.

    Without `columns` all of the frame is numbers.
    """
    if not columns:
        return frame.to_numpy(dtype=np.float32)
    where = places(columns)
    table = np.empty((len(frame), where[-1][-1] + 1), dtype=np.float32)
    for (place, *more), name, column in zip(where, frame.columns, columns, strict=True):
        values = frame[name]
        if isinstance(column, Category):
            index = {category: code for code, category in enumerate(column.categories)}
            other = len(index)
            table[:, place] = [np.nan if pd.isna(value) else index.get(value, other) for value in values]
        elif isinstance(column, Moment):
            table[:, [place, *more]] = numbers(values, column.kind, column.reference)
        elif isinstance(column, Number) and column.scale is not None:
            table[:, place] = (values.to_numpy(dtype=np.float64) - column.offset) / column.scale
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
