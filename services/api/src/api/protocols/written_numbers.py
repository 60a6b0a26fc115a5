"""Numbers and dates as the training table writes them, as the text that every request may have; the trainer's rules."""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from api.bundle.features import Feature, Moment, Number
from api.protocols.written_durations import minutes

Reader = Callable[[str], str]
"""From a cell to plain text; what is not written so stays, or becomes text that is refused."""

_GROUPS = "[,'’ \u00a0\u202f]"
_GROUPED = re.compile(rf"([+-]?)(\d{{1,3}}(?:{_GROUPS}\d{{3}})+|\d{{1,2}}(?:,\d{{2}})+,\d{{3}}|\d+)(\.\d*)?$")
_DOTTED = re.compile("([+-]?)(\\d{1,3}(?:[. \u00a0\u202f]\\d{3})+|\\d+)(,\\d*)?(?:[eE][+-]?\\d{1,3})?$")
_MONEY = re.compile(
    r"[$€£¥₹₩₽₺₪฿]|(?<![A-Za-z])(?:USD|EUR|GBP|CHF|JPY|CAD|AUD|INR|SEK|NOK|DKK|PLN|kr|zł|Fr\.)(?![A-Za-z])"
)

_MAGNITUDE = re.compile(r"([+-]?[0-9]{1,15})([.,]?)((?<=[.,])[0-9]{1,9})? ?(k|m|b|bn)", re.IGNORECASE)
_POWERS = {"k": 3, "m": 6, "b": 9, "bn": 9}


def reader_of(feature: Feature, form: str, decimal: str) -> Reader | None:
    """How a cell of ``feature`` is read; None where it is plain text already.

    ``form`` is the contract's ``format:``, or empty; ``decimal`` is the sign that the body uses.
    """
    if isinstance(feature, Moment):
        return _dated(feature.kind, form) if form else None
    return number_reader(form, decimal, feature.unit) if isinstance(feature, Number) else None


def number_reader(form: str, decimal: str, unit: str) -> Reader | None:
    """How a cell with a number is read; ``unit`` stands behind it where ``form`` is one with a unit."""
    if form in ("", "plain"):
        return _pointed if decimal == "," else None
    comma = form.endswith("decimal_comma") or decimal == ","
    if form == "minutes":
        return lambda text: found if (found := minutes(text)) != text or not comma else _pointed(text)
    if form.startswith("currency"):
        return lambda text: _ungrouped(_minus(_signed(_MONEY.sub("", text).strip())), comma=comma)
    if form == "magnitude":
        return lambda text: _ungrouped(_minus(magnitude(_MONEY.sub("", text).strip(), decimal)), comma=comma)
    if form.startswith("percent"):
        return lambda text: _ungrouped(_minus(re.sub(r"\s*%$", "", text)), comma=comma)
    behind = unit if form.startswith("unit") else ""
    return lambda text: _ungrouped(_minus(text.removesuffix(behind).rstrip() if behind else text), comma=comma)


def magnitude(text: str, decimal: str) -> str:
    """1.2K is 1200, 3M is 3000000, 2bn is 2000000000, each with this decimal sign; any other text stays as it is."""
    found = _MAGNITUDE.fullmatch(text)
    if found is None or found[2] not in ("", decimal):
        return text
    exact = Decimal(f"{found[1]}.{found[3] or '0'}e{_POWERS[found[4].lower()]}")
    return f"{exact.normalize():f}".replace(".", decimal)


def _pointed(text: str) -> str:
    # Where the comma is the decimal sign, a point is none.
    return text.replace(".", "?").replace(",", ".")


def _signed(text: str) -> str:
    """(5) is how accountants write -5; a sign may stand behind the currency or with a space."""
    return re.sub(r"^([+-])\s+", r"\1", re.sub(r"^\((.*)\)$", r"-\1", text))


def _minus(text: str) -> str:
    """The typographic minus, and a minus behind the number as accounting programs write it."""
    return re.sub(r"^([^-+]*\d)-$", r"-\1", text.replace("\N{MINUS SIGN}", "-"))


def _ungrouped(text: str, *, comma: bool) -> str:
    if comma:
        # A point separates groups here, so that 1.5 is not a number.
        return re.sub("[. \u00a0\u202f]", "", text).replace(",", ".") if _DOTTED.match(text) else f"?{text}"
    return re.sub(_GROUPS, "", text) if _GROUPED.match(text) else text


def _dated(kind: str, form: str) -> Reader:
    def read(text: str) -> str:
        try:
            found = datetime.strptime(text, form)  # noqa: DTZ007 - a time without a zone is in UTC
        except ValueError:
            return text
        return (found.date() if kind == "date" else found).isoformat()

    return read
