"""Recognises columns that name a row, a group of rows or a time, and measure nothing."""

import re

import numpy as np
import numpy.typing as npt
import pandas as pd

from trainer.drafting import keys

ENOUGH = 50
"""Fewer different whole numbers may differ by chance."""
MEASURED, SORTED = 0.3, 0.5
"""How unevenly whole numbers are spread that measure something; a table may be sorted by such a column."""
NAMED = re.compile(
    r"(^|[\W_])(id|ids|uuid|guid|key|index|idx|rownames?|row|nr|number|serial|column_\d+)$"
    r"|^unnamed|(?-i:[a-z]Id|[A-Za-z ]ID)$",
    re.I,
)
KEY = re.compile(
    r"(^|[\W_])(id|uuid|guid)$|(case|user|customer|order|item|product|client|member|patient|account)id$"
    r"|(?-i:[a-z]Id|[A-Za-z ]ID)$",
    re.I,
)
CODE = re.compile(
    r"(^|[\W_])(season|zip|zipcode|postal|postcode|plz|code|codes|type|zone|region|district|sector|branch)([\W_]|$)",
    re.I,
)
PERSON = re.compile(
    r"(case|customer|client|patient|user|subject|person|household|account|session|group|driver|store)", re.I
)
MEMBER = re.compile(
    r"id|uid|(subject|patient|person|participant|household|customer|client|user|member|pupil|student|school)s?"
    r"([\W_]?(no|nr|num|number|code))?",
    re.I,
)
"""Names of what rows may have in common; all of the name."""
YEAR = re.compile(r"(^|[\W_])(year|yr)$", re.I)
TIMELY = re.compile(
    r"(^|[\W_])(time|date|datetime|timestamp|ts|epoch|created|updated|at|at_ms|ms|when)([\W_]|$)|_at$", re.I
)
WEIGHT = re.compile(r"^(sample|sampling|survey|case|row)[\W_]?weights?$", re.I)
COUNTED = "counts the rows"
BORN = re.compile(r"born|birth|dob", re.I)
SEVERAL = "in several ways"
CLOCK = "a time of day"
READ_AS_TIME = ("iso", "year first")
"""Dates that order rows however the rest of them is written."""
SINCE_1970 = {"seconds": 1e9, "milliseconds": 1e12, "microseconds": 1e15, "nanoseconds": 1e18}
"""The year 2001; 2.2 times as much is 2039."""
Numbers = npt.NDArray[np.float64]


def is_key(name: str) -> bool:
    """Whether the name says that the column tells something apart, and measures nothing."""
    return bool(KEY.search(name) or MEMBER.fullmatch(name)) or keys.members(name)


def is_member(name: str) -> bool:
    """Whether it says so of what may have several rows, e.g. a person."""
    return bool((KEY.search(name) and PERSON.search(name)) or MEMBER.fullmatch(name)) or keys.members(name)


def dated(name: str, values: Numbers) -> bool:
    """Whether whole numbers, never the same twice in neighbouring rows, say when each row was recorded."""
    if len(values) < 3 or len(np.unique(values)) < len(values):
        return False
    years = bool(YEAR.search(name)) and values.min() >= 1000 and values.max() <= 2200
    steps = np.diff(values)
    return years or (bool(TIMELY.search(name)) and bool((steps > 0).all() or (steps < 0).all()))


def _uneven(values: Numbers) -> float:
    """How far the values are from evenly spread, 0 to 1: numbers that somebody gave out are even, what is measured
    gathers somewhere.
    """
    low, high = float(values.min()), float(values.max())
    even = (np.sort(values) - low) / (high - low)
    return float(np.abs(even - np.arange(len(values)) / (len(values) - 1)).max())


def numbering(name: str, values: Numbers) -> str | None:
    """Why whole numbers, one for each row, are an id; None where they may measure something."""
    if len(values) < 3 or (values % 1 != 0).any() or len(np.unique(values)) == 1:
        return None
    named = bool(NAMED.search(name)) or keys.numbered(name)
    uneven = 0.0 if named or KEY.search(name) else _uneven(values)
    steps, different, several = np.diff(values), len(np.unique(values)), len(values) >= ENOUGH / 2
    rising = bool((steps >= 0).all() or (steps <= 0).all())
    once = different == len(values)
    reasons = {
        COUNTED: once and bool(len(values) >= 10 or named) and bool((np.abs(steps) == 1).all()) and rising,
        "rises from row to row, never the same twice": once and rising and several and uneven < SORTED,
        "numbers the rows in another order": once and several and np.ptp(values) + 1 <= different * 1.1,
        "a different whole number in each row": once and bool(len(values) >= ENOUGH or named) and uneven < MEASURED,
        "rises from row to row": rising and different > max(len(values) / 2, ENOUGH),
    }
    return next((why for why, holds in reasons.items() if holds), None)


def epoch(name: str, values: Numbers) -> str | None:
    """Whether whole numbers are seconds since 1970, or parts of them."""
    if len(values) < 3 or (values % 1 != 0).any():
        return None
    for unit, least in SINCE_1970.items():
        if values.min() >= least and values.max() <= 2.2 * least and (unit != "seconds" or TIMELY.search(name)):
            return unit
    return None


def date_like(texts: "pd.Series[str]") -> str | None:
    """How dates or times are written, e.g. iso, day first or in words; None where they are none."""
    sample = texts.iloc[:1000].to_list()
    for form, pattern in _PATTERNS.items():
        if _mostly(sample, pattern):
            if form != "slashed":
                return form
            first = pd.to_numeric(texts.str.extract(r"^(\d+)", expand=False), errors="coerce")
            return "day first" if first.max() > 12 else "month first"
    return SEVERAL if _mostly(sample, _ANY_DAY) else None


def _mostly(texts: list[str], pattern: "re.Pattern[str]") -> bool:
    """Whether 95 of 100 texts are written so. It ends with the first one too many, which pandas does not."""
    missed = 0
    for text in texts:
        if not pattern.fullmatch(text):
            missed += 1
            if missed * 20 > len(texts):
                return False
    return bool(texts)


_CLOCK = r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[AaPp][Mm])?(?: ?(?:Z|UTC|[+-]\d{2}:?\d{2}))?)?"
_MONTHS = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? )?"
_DATES = {
    "iso": rf"\d{{4}}-\d{{2}}-\d{{2}}{_CLOCK}",
    "year first": rf"\d{{4}}[/.]\d{{1,2}}[/.]\d{{1,2}}{_CLOCK}",
    "day first, with points": rf"\d{{1,2}}\.\d{{1,2}}\.\d{{2,4}}{_CLOCK}",
    "slashed": rf"\d{{1,2}}[/-]\d{{1,2}}[/-]\d{{2,4}}{_CLOCK}",
    "month and year": rf"(?i:{_MONTHS}[ -/]?(?:19|20)?\d{{2}})|(?:0?[1-9]|1[0-2])[/-](?:19|20)\d{{2}}",
    "in words": rf"(?i:{_WEEKDAY}(?:\d{{1,2}}[ -])?{_MONTHS}[ -]\d{{1,2}}?,?(?: |-)?\d{{2,4}}{_CLOCK})",
    "in one number": r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])",
    "year and month": r"(?:19|20)\d{2}[-/](?:0[1-9]|1[0-2])",
    CLOCK: r"\d{1,3}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[AaPp][Mm])?",
}
_PATTERNS = {form: re.compile(pattern) for form, pattern in _DATES.items()}
_ANY_DAY = re.compile(
    "|".join(f"(?:{_DATES[form]})" for form in ("iso", "year first", "day first, with points", "slashed", "in words"))
)
