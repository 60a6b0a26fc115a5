"""The time of each row, the group it belongs to and its weight, by the roles of the contract."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from trainer.errors import DataError

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


def weights_of(column: "pd.Series[Any]") -> npt.NDArray[np.float64]:
    """How much each row counts while a model is fitted: zero or more.

    A missing value is the mean of the others: labelled predictions have no weight of their own. Raises DataError for
    anything else, and where no row counts.
    """
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64)
    known = column.notna().to_numpy()
    wrong = np.flatnonzero(known & ~(np.isfinite(numbers) & (numbers >= 0)))
    if len(wrong):
        place = int(wrong[0])
        raise DataError(
            f"line {place + 2}, column {column.name} (roles.weight): {str(column.iloc[place])[:40]!r} "
            "must be a number, zero or more"
        )
    if not known.any() or not numbers[known].sum() > 0:
        raise DataError(f"column {column.name} (roles.weight): every row has the weight zero or none")
    return np.where(known, numbers, numbers[known].mean())
