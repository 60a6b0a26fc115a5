"""Dates and times in ISO text (RFC 3339): how they are read, and the numbers that the model gets for them."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["date", "datetime"]
NUMBERS: Mapping[str, int] = {"date": 5, "datetime": 6}
"""Days since the reference day, year, month, day of the month, weekday (Monday is 0); of a time also the hour."""
WRITTEN: Mapping[str, str] = {"date": "as 2026-11-28", "datetime": "as 2026-11-28T14:05:00Z"}
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = r"[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?([Zz]|[+-][0-9]{2}:[0-9]{2})?"
_PATTERNS = {"date": re.compile(_DATE), "datetime": re.compile(f"{_DATE}({_TIME})?")}
_DAY = timedelta(days=1)


def moment(text: str, kind: str) -> datetime:
    """The moment in UTC, without a zone; a text without a zone is UTC. Raises ValueError for any other text."""
    if not _PATTERNS[kind].fullmatch(text):
        raise ValueError(f"{text!r} is not a {kind}; write it {WRITTEN[kind]}")
    read = datetime.fromisoformat(text.upper())
    offset = read.utcoffset()
    try:
        return read if offset is None else (read - offset).replace(tzinfo=None)
    except OverflowError:
        raise ValueError(f"{text!r} is beyond the years 1 to 9999 in UTC") from None


def days(text: str, kind: str, reference: str) -> float:
    """Days from the reference day to the moment, negative before it."""
    return (moment(text, kind) - datetime.fromisoformat(reference)) / _DAY


def numbers(texts: Iterable[Any], kind: str, reference: str) -> npt.NDArray[np.float64]:
    """[n, NUMBERS[kind]]; not a number where a text is missing."""
    start, width = datetime.fromisoformat(reference), NUMBERS[kind]
    known: dict[Any, list[float]] = {}
    rows = []
    for text in texts:
        if not isinstance(text, str):
            rows.append([np.nan] * width)
            continue
        if text not in known:
            read = moment(text, kind)
            parts = [(read - start) / _DAY, read.year, read.month, read.day, read.weekday(), read.hour]
            known[text] = parts[:width]
        rows.append(known[text])
    return np.array(rows, dtype=np.float64).reshape(len(rows), width)


def encoded(frame: "pd.DataFrame", kind: str, reference: str) -> npt.NDArray[np.float64]:
    """`numbers` of a frame's one column, as a step of a pipeline; float32 holds them as the served model gets them."""
    return numbers(frame.iloc[:, 0], kind, reference).astype(np.float32).astype(np.float64)
