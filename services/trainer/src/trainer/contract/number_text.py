"""Numbers as people and spreadsheets write them, as plain number text; any other text stays as it is."""

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from trainer.contract.durations import minutes

if TYPE_CHECKING:
    from pandas import Series as Texts

Format = Literal[
    "plain",
    "thousands",
    "currency",
    "percent",
    "unit",
    "minutes",
    "magnitude",
    "decimal_comma",
    "currency_decimal_comma",
    "percent_decimal_comma",
    "unit_decimal_comma",
]
DECIMAL_COMMA = "decimal_comma"
"""The end of the formats whose comma is the decimal sign."""

_GROUPS = r"[,'’ \u00a0\u202f]"
_GROUPED = rf"^([+-]?)(\d{{1,3}}(?:{_GROUPS}\d{{3}})+|\d{{1,2}}(?:,\d{{2}})+,\d{{3}}|\d+)(\.\d*)?$"
"""Groups of three; or, as in India, of two before the last three."""
_DOTTED = r"^([+-]?)(\d{1,3}(?:[. \u00a0\u202f]\d{3})+|\d+)(,\d*)?(?:[eE][+-]?\d{1,3})?$"
MONEY = r"[$€£¥₹₩₽₺₪฿]|(?<![A-Za-z])(?:USD|EUR|GBP|CHF|JPY|CAD|AUD|INR|SEK|NOK|DKK|PLN|kr|zł|Fr\.)(?![A-Za-z])"

_MAGNITUDE = re.compile(r"([+-]?[0-9]{1,15})([.,]?)((?<=[.,])[0-9]{1,9})? ?(k|m|b|bn)", re.IGNORECASE)
_POWERS = {"k": 3, "m": 6, "b": 9, "bn": 9}


def plain(text: "Texts[Any]", form: Format, decimal: str = ".", unit: str = "") -> "Texts[Any]":
    """Text that `pandas.to_numeric` reads. `decimal` is the file's; a percent keeps its hundredfold: 12.5% is 12.5.

    With the form `unit`, `unit` may stand behind the number: 175 cm is 175. Any other unit makes it no number.
    With the form `minutes`, 1:30 and 1h 30m are 90; with `magnitude`, 1.2K and €1.2K are 1200.
    """
    if form == "plain":
        return _pointed(text, decimal)
    if form == "minutes":
        read = text.map({cell: minutes(cell) for cell in text.unique()})
        return read.where(read != text, _pointed(text, decimal))
    if form.startswith("currency"):
        text = _signed(text.str.replace(MONEY, "", regex=True).str.strip())
    elif form == "magnitude":
        text = text.str.replace(MONEY, "", regex=True).str.strip()
        text = text.map({cell: magnitude(cell, decimal) for cell in text.unique()})
    elif form.startswith("percent"):
        text = text.str.replace(r"\s*%$", "", regex=True)
    elif form.startswith("unit"):
        text = text.str.removesuffix(unit).str.rstrip()
    # The typographic minus, and a minus behind the number as accounting programs write it.
    text = text.str.replace("\N{MINUS SIGN}", "-").str.replace(r"^([^-+]*\d)-$", r"-\1", regex=True)
    comma = form.endswith(DECIMAL_COMMA) or decimal == ","
    return _ungrouped(text, comma=comma)


def magnitude(text: str, decimal: str) -> str:
    """1.2K is 1200, 3M is 3000000, 2bn is 2000000000, each with this decimal sign; any other text stays as it is."""
    found = _MAGNITUDE.fullmatch(text)
    if found is None or found[2] not in ("", decimal):
        return text
    exact = Decimal(f"{found[1]}.{found[3] or '0'}e{_POWERS[found[4].lower()]}")
    return f"{exact.normalize():f}".replace(".", decimal)


def _pointed(text: "Texts[Any]", decimal: str) -> "Texts[Any]":
    # Where the comma is the decimal sign, a point is none.
    return text if decimal == "." else text.str.replace(".", "?").str.replace(decimal, ".")


def _signed(text: "Texts[Any]") -> "Texts[Any]":
    """(5) is how accountants write -5; a sign may stand behind the currency or with a space."""
    accounted = text.str.replace(r"^\((.*)\)$", r"-\1", regex=True)
    return accounted.str.replace(r"^([+-])\s+", r"\1", regex=True)


def _ungrouped(text: "Texts[Any]", *, comma: bool) -> "Texts[Any]":
    pattern, signs = (_DOTTED, r"[. \u00a0\u202f]") if comma else (_GROUPED, _GROUPS)
    whole = text.str.match(pattern)
    without = text.str.replace(signs, "", regex=True)
    if comma:
        without = without.str.replace(",", ".", regex=False)
        # A point separates groups here, so that 1.5 is not a number.
        return without.where(whole, "?" + text)
    return without.where(whole, text)
