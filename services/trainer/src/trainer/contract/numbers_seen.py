"""Whether the cells of a column are numbers, and in which format they are written."""

import re
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from trainer.contract.number_text import Format, plain

MOST_STRAYS = 5
"""Different texts that are not numbers, in a column of numbers."""
STRAY_SHARE = 0.05
ENDLESS = re.compile(r"^[+-]?inf(inity)?$", re.IGNORECASE)
_MONEY = re.compile(r"[$€£¥₹₩₽₺₪฿]|\b(?:USD|EUR|GBP|CHF|JPY|CAD|AUD|INR|SEK|NOK|DKK|PLN)\b|^\(.*\d.*\)$")
_AROUND = re.compile(r"^[^\d+-]*|\D*$")
"""A currency or a percent sign beside the number."""
_DECIMAL_COMMA = re.compile(r"^[+-]?(\d{1,3}(\.\d{3})+|\d+),(\d{1,2}|\d{4,})$|^[+-]?\d{1,3}(\.\d{3})+,\d+$")


class NumbersSeen(NamedTuple):
    values: "pd.Series[float]"
    """One for each cell, NaN where it is a stray."""
    form: Format
    strays: tuple[str, ...]
    """Texts among the numbers that are none: to be read as missing."""


def numbers_seen(present: "pd.Series[Any]", decimal: str) -> NumbersSeen | None:
    """None where too much of the column is not a number."""
    texts = pd.Series(present.unique(), dtype=str)
    counts = present.value_counts()
    best: NumbersSeen | None = None
    for form in _forms(texts, decimal):
        numbers = pd.to_numeric(plain(texts, form, decimal), errors="coerce").astype("float64")
        numbers = numbers.where(np.isfinite(numbers))
        strays = tuple(texts[numbers.isna()])
        rows = int(counts[list(strays)].sum()) if strays else 0
        real = [stray for stray in strays if not ENDLESS.match(stray)]
        few = len(real) <= MOST_STRAYS and sum(int(counts[stray]) for stray in real) <= STRAY_SHARE * len(present)
        if not few or rows == len(present) or len(real) * 4 > len(texts):
            continue
        if best is None or len(strays) < len(best.strays):
            by_text = dict(zip(texts, numbers, strict=True))
            best = NumbersSeen(present.map(by_text).astype("float64"), form, strays)
    return best


def _forms(texts: "pd.Series[str]", decimal: str) -> list[Format]:
    """The formats worth a try, the likeliest first."""
    if not texts.str.contains(r"\d", regex=True).any():
        return []
    forms: list[Format] = ["plain"]
    if texts.str.endswith("%").mean() > 0.5:
        return ["percent_decimal_comma"] if decimal == "." and _decimal_commas(texts) else ["percent"]
    if texts.str.contains(_MONEY).mean() > 0.1:
        return ["currency_decimal_comma"] if decimal == "." and _decimal_commas(texts) else ["currency"]
    if decimal == "." and _decimal_commas(texts):
        forms.append("decimal_comma")
    if texts.str.contains(r"\d[,.'’ \u00a0\u202f]\d{3}|^\u2212[\d.]|\d-$", regex=True).any():
        forms.append("thousands")
    return forms


def _decimal_commas(texts: "pd.Series[str]") -> bool:
    """Whether most of the numbers with a comma have it as the decimal sign."""
    commas = texts[texts.str.contains(",", regex=False)].str.replace(_AROUND, "", regex=True)
    return bool(len(commas) and commas.str.match(_DECIMAL_COMMA).mean() > 0.5)
