"""The lines of the contract for a column of dates or times."""

from datetime import datetime
from typing import Any

import pandas as pd

from trainer.contract.moments import moment

_DAYS = (
    *("%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d", "%Y.%m.%d", "%d-%m-%Y", "%m-%d-%Y", "%Y%m%d", "%Y-%m", "%Y/%m"),
    *("%d.%m.%y", "%m/%d/%y", "%d/%m/%y", "%b %d, %Y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%B %d, %Y", "%d %B %Y"),
    *("%A, %d %B %Y", "%A, %B %d, %Y", "%a, %d %b %Y", "%a %d %b %Y", "%a %b %d %Y", "%A %d %B %Y"),
    *("%m/%Y", "%m-%Y", "%b-%y", "%b %y", "%b-%Y", "%b %Y", "%B %Y", "%B-%y", "%b/%y"),
)
_CLOCKS = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p")
FORMATS = (*_DAYS, *(f"{day} {clock}" for day in ("%Y-%m-%d", *_DAYS[:7], *_DAYS[10:13]) for clock in _CLOCKS))


def date_lines(present: "pd.Series[Any]") -> tuple[str, tuple[str, ...]]:
    """The kind and its lines; none where the cells are not all written in one way that a contract can name."""
    texts = list(present.unique())
    for kind in ("date", "datetime"):
        for form in (None, *FORMATS):
            if (seen := _read(texts, kind, form)) and min(seen) < max(seen):
                return kind, _lines(kind, form, min(seen), max(seen))
    return "", ()


def _read(texts: list[str], kind: str, form: str | None) -> list[datetime]:
    if form is not None and (":" in form) != (kind == "datetime"):
        return []
    try:
        if form is None:
            return [moment(text, kind) for text in texts]
        return [datetime.strptime(text, form) for text in texts]  # noqa: DTZ007 - a time without a zone is in UTC
    except ValueError:
        return []


def _lines(kind: str, form: str | None, least: datetime, most: datetime) -> tuple[str, ...]:
    ends = [(end.date() if kind == "date" else end).isoformat() for end in (least, most)]
    return (
        f"    kind: {kind}",
        *([f'    format: "{form}"'] if form else []),
        f'    minimum: "{ends[0]}" # TODO: the first one seen',
        f'    maximum: "{ends[1]}" # the last one seen; a later one is answered with a warning',
        "    outside: warn",
    )
