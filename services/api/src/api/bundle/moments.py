"""Dates and times in ISO text (RFC 3339): how they are read, and the numbers that the model takes for them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache

NUMBERS: Mapping[str, int] = {"date": 5, "datetime": 6}
"""Days since the reference day, year, month, day of the month, weekday (Monday is 0); of a time also the hour."""
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = r"[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})?"
PATTERNS: Mapping[str, str] = {"date": f"^{_DATE}$", "datetime": f"^{_DATE}(?:{_TIME})?$"}
LONGEST = 40
_DAY = timedelta(days=1)


@lru_cache(maxsize=4096)
def moment(text: str) -> datetime:
    """A text of one of the patterns, in UTC, without a zone; a text without a zone is UTC.

    A value is read when it is checked, encoded and compared with its range: the last ones are kept.

    Raises ValueError for a day or an hour that no calendar has, OverflowError beyond the years 1 to 9999.
    """
    read = datetime.fromisoformat(text.upper())
    offset = read.utcoffset()
    return read if offset is None else (read - offset).replace(tzinfo=None)


def days(text: str, reference: str) -> float:
    """Days from the reference day to the moment, negative before it."""
    return (moment(text) - datetime.fromisoformat(reference)) / _DAY


def numbers(text: str, start: datetime, width: int) -> list[float]:
    """The model's input for a text, `width` numbers; `start` is the reference day."""
    read = moment(text)
    return [(read - start) / _DAY, read.year, read.month, read.day, read.weekday(), read.hour][:width]
