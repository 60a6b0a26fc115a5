"""Recognises columns of numbers, and the format in which they are written."""

import re
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from trainer.contract.durations import minutes
from trainer.contract.number_text import MONEY, Format, plain

MOST_STRAYS = 5
"""Different texts that are not numbers, in a column of numbers."""
STRAY_SHARE = 0.05
MANY_NUMBERS = 20
"""Beside as many different numbers, a single text without a digit stands for no value in any share of the rows."""
UNKNOWN = {"unknown", "missing", "not available", "not applicable", "no data", "undefined", "tbd", "nil", "n/d"}
UNKNOWN_BESIDE_UNITS = {"", "null", "none", "nan", "na", "n/a", "-", "?"}
FEWEST_UNITS, UNIT_SHARE = 3, 0.7
"""Different numbers with a unit, and their share of the different texts; fewer may be two names of categories."""
NO_UNITS, THOUSANDS = {"st", "nd", "rd", "th", "am", "pm"}, {"k", "m", "b", "bn", "mn", "mio"}
"""Ranks and times of day; and what is a unit only where each number has it, for 300 beside 10 mio is not 300 mio."""
SAMPLE, DURATIONS = 1000, 0.9
"""Different texts that are looked at, and the share of them that must be durations or times of day."""
UNITS = {"percent": "%", "minutes": "min"}
"""The units of formats that name one."""
ENDLESS = re.compile(r"^[+-]?inf(inity)?$", re.IGNORECASE)
_MONEY = re.compile(r"[$€£¥₹₩₽₺₪฿]|\b(?:USD|EUR|GBP|CHF|JPY|CAD|AUD|INR|SEK|NOK|DKK|PLN)\b|^\(.*\d.*\)$")
_ACCOUNTED = re.compile(r"^\(\d.*\)$|^[+-]\s+\d")
"""(5) and - 5, which are amounts also where few of the numbers are below zero."""
_GROUP = r"[. \u00a0\u202f'’]"
_AROUND = re.compile(r"^[^\d+-]*|\D*$")
"""A currency or a percent sign beside the number."""
_WITH_UNIT = (
    r"^[+-]?\d(?:[\d.,'’ \u00a0\u202f]*\d)?\s*"
    r"(\"|″|(?:[A-Za-zµμ°Ω²³]|/(?=[A-Za-z]))[A-Za-zµμ°Ω²³/.^ ]{0,14}(?<=[A-Za-zµμ°Ω²³.])[23]?)$"
)
_MAGNITUDE = r"^[+-]?\d+(?:[.,]\d+)?\s?([kKMB]|[bB][nN])$"
MAGNITUDES = 0.3
"""The share of different texts with K, M or B behind the number, beside numbers without it or with another one."""
WITH_COMMA: dict[Format, Format] = {
    "percent": "percent_decimal_comma",
    "currency": "currency_decimal_comma",
    "unit": "unit_decimal_comma",
}
_DECIMAL_COMMA = re.compile(
    rf"^[+-]?(\d{{1,3}}({_GROUP}\d{{3}})+|\d+),(\d{{1,2}}|\d{{4,}})$|^[+-]?\d{{1,3}}({_GROUP}\d{{3}})+,\d+$"
    r"|^[+-]?\d+,\d+[eE][+-]?\d{1,3}$"
)


class NumbersSeen(NamedTuple):
    """A column of texts, read as numbers."""

    values: "pd.Series[float]"
    """One for each cell, NaN where it is a stray."""
    form: Format
    strays: tuple[str, ...]
    """Texts among the numbers that are none: to be read as missing."""
    unit: str = ""
    """The unit or currency that stands beside the numbers, % or min by the format; empty where there is none."""


def numbers_seen(present: "pd.Series[Any]", decimal: str) -> NumbersSeen | None:
    """None where too much of the column is not a number."""
    # Most columns of numbers hold nothing else, and the patterns of the other formats take most of a draft's time.
    plainly = _finite(present, "plain", decimal)
    if len(plainly) and plainly.notna().all():
        return NumbersSeen(plainly, "plain", ())
    texts = pd.Series(present.unique(), dtype=str)
    counts = present.value_counts()
    best: NumbersSeen | None = None
    unit = unit_of(texts)
    for form in _forms(texts, decimal, unit):
        numbers = _finite(texts, form, decimal, unit)
        strays = tuple(texts[numbers.isna()])
        rows = int(counts[list(strays)].sum()) if strays else 0
        # A word for "not known" may stand in any share of the rows.
        real = [stray for stray in strays if not _says_nothing(stray, unit)]
        if not _may_be_gaps(real, counts, len(texts)) or rows == len(present) or len(real) * 4 > len(texts):
            continue
        if best is None or len(strays) < len(best.strays):
            by_text = dict(zip(texts, numbers, strict=True))
            values = present.map(by_text).astype("float64")
            best = NumbersSeen(values, form, strays, _unit_in(form, texts, unit))
    return best


def _may_be_gaps(strays: list[str], counts: "pd.Series[int]", different: int) -> bool:
    """Whether these texts among `different` ones, most of them numbers, may stand for missing values."""
    if len(strays) == 1 and different > MANY_NUMBERS and not any(sign.isdigit() for sign in strays[0]):
        return True
    return len(strays) <= MOST_STRAYS and sum(int(counts[one]) for one in strays) <= STRAY_SHARE * int(counts.sum())


def _says_nothing(stray: str, unit: str) -> bool:
    """Endless, a word for "not known", or such a word with the unit of the others: null bhp."""
    word = stray.removesuffix(unit).strip().casefold() if unit else stray.casefold()
    return bool(ENDLESS.match(stray)) or word in UNKNOWN or (unit != "" and word in UNKNOWN_BESIDE_UNITS)


def _finite(texts: "pd.Series[Any]", form: Format, decimal: str, unit: str = "") -> "pd.Series[float]":
    """The numbers, NaN where a text is none."""
    numbers = pd.to_numeric(plain(texts, form, decimal, unit), errors="coerce").astype("float64")
    return numbers.where(np.isfinite(numbers))


def _unit_in(form: Format, texts: "pd.Series[str]", beside: str) -> str:
    """The unit of numbers in a format; `beside` is the word that stands behind most of them."""
    if form.startswith("unit"):
        return beside
    return (
        _currency_of(texts)
        if form.startswith("currency") or form == "magnitude"
        else UNITS.get(form.partition("_")[0], "")
    )


def _currency_of(texts: "pd.Series[str]") -> str:
    """The currency beside the numbers; empty where there are several."""
    found = texts.str.extract(f"({MONEY})", expand=False).dropna().unique()
    return str(found[0]) if len(found) == 1 else ""


def unit_of(texts: "pd.Series[str]") -> str:
    """The unit behind most of the numbers, e.g. cm; empty where there is none, or more than one."""
    found = texts.str.extract(_WITH_UNIT, expand=False)
    units = found.dropna().unique()
    if len(units) != 1 or found.notna().sum() < FEWEST_UNITS or found.notna().mean() < UNIT_SHARE:
        return ""
    unit = str(units[0])
    several = unit.casefold() in THOUSANDS and not found.notna().all()
    return "" if several or unit.casefold().split()[0] in NO_UNITS else unit


def _forms(texts: "pd.Series[str]", decimal: str, unit: str) -> list[Format]:
    """The formats worth a try, the likeliest first."""
    if not texts.str.contains(r"\d", regex=True).any():
        return []
    commas = decimal == "." and _decimal_commas(texts)
    marked = _marked_form(texts, unit)
    if marked is not None:
        return [WITH_COMMA.get(marked, marked) if commas else marked]
    forms: list[Format] = ["plain"]
    if commas:
        forms.append("decimal_comma")
    if texts.str.contains(r"\d[,.'’ \u00a0\u202f]\d{3}|^\u2212[\d.]|\d-$", regex=True).any():
        forms.append("thousands")
    return forms


def _marked_form(texts: "pd.Series[str]", unit: str) -> Format | None:
    """The format of numbers with a sign or word beside them; None where there is none."""
    if texts.str.endswith("%").mean() > 0.5:
        return "percent"
    if _are_magnitudes(texts):
        return "magnitude"
    if texts.str.contains(_MONEY).mean() > 0.1 or _accounted(texts):
        return "currency"
    if unit:
        return "unit"
    return "minutes" if _are_durations(texts) else None


def _are_durations(texts: "pd.Series[str]") -> bool:
    """Whether most are durations, and some of them have hours: 10M alone may be ten million."""
    some = texts.iloc[:: max(1, len(texts) // SAMPLE)]
    read = some.map(minutes) != some
    return bool(read.mean() >= DURATIONS and some[read].str.contains(r"[:h]|^P", case=False, regex=True).any())


def _are_magnitudes(texts: "pd.Series[str]") -> bool:
    """Whether the numbers have their magnitude behind them. With one letter alone it may be a unit, but for money."""
    bare = texts.str.replace(MONEY, "", regex=True).str.strip()
    is_money = bool((bare != texts).mean() > 0.5)
    letters = (bare.str.upper() if is_money else bare).str.extract(_MAGNITUDE, expand=False)
    without = pd.to_numeric(bare.str.replace(",", ""), errors="coerce").notna()
    several = is_money or letters.str.lower().nunique() > 1 or bool(without.any())
    return bool(several and letters.notna().mean() >= MAGNITUDES)


def _accounted(texts: "pd.Series[str]") -> bool:
    """Whether what is more than plain numbers is numbers with an accountant's sign."""
    odd = texts[pd.to_numeric(texts.str.replace(",", ""), errors="coerce").isna()]
    return bool(len(odd) and odd.str.contains(_ACCOUNTED).mean() > 0.5)


def _decimal_commas(texts: "pd.Series[str]") -> bool:
    """Whether most of the numbers with a comma have it as the decimal sign."""
    commas = texts[texts.str.contains(",", regex=False)].str.replace(_AROUND, "", regex=True)
    return bool(len(commas) and commas.str.match(_DECIMAL_COMMA).mean() > 0.5)
