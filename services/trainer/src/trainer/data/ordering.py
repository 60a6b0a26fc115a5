"""The time of each row and the group it belongs to, by the roles of the contract."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

NEWEST = np.inf


def times_of(column: "pd.Series[Any]") -> npt.NDArray[np.float64]:
    """Numbers that grow with time: of ISO text the seconds since 1970, of a number itself.

    A missing value is the newest: labelled predictions have no time of their own. Unreadable text is missing.
    """
    known = column.notna()
    plain = column.astype(str).where(known) if pd.api.types.is_datetime64_any_dtype(column) else column
    numbers = pd.to_numeric(plain, errors="coerce")
    if known.any() and not numbers[known].notna().all():
        moments = pd.to_datetime(column.astype(str).where(known), errors="coerce", utc=True, format="mixed")
        numbers = (moments - pd.Timestamp(0, tz="UTC")).dt.total_seconds()
    times: npt.NDArray[np.float64] = np.nan_to_num(numbers.to_numpy(dtype=np.float64), nan=NEWEST)
    return times


def groups_of(column: "pd.Series[Any]") -> npt.NDArray[np.object_]:
    """The name of each row's group; None where it is missing, which is a group of its own."""
    names = column.astype(object).where(column.notna(), None)
    return np.array([None if name is None else str(name) for name in names], dtype=object)
