"""Durations and times of day as the training table writes them, as a number of minutes; the trainer's rules."""

import re

_CLOCK = re.compile(
    r"([+-]?)(?:(\d{1,5}) days?,? )?(\d{1,5})[:hH]([0-5]\d)(?::([0-5]\d(?:[.,]\d{1,9})?))?(?: ?([AaPp])\.?[Mm]\.?)?"
)
_AMOUNT = r"(\d{1,7}(?:[.,]\d{1,9})?) ?"
_SPELLED = re.compile(
    rf"P?(?:{_AMOUNT}(?:days?|d))?[, ]{{0,2}}T?(?:{_AMOUNT}(?:hours?|hrs?|h))?[, ]{{0,2}}"
    rf"(?:{_AMOUNT}(?:minutes?|mins?|m))?[, ]{{0,2}}(?:{_AMOUNT}(?:seconds?|secs?|s))?",
    re.ASCII | re.IGNORECASE,
)
_NOON = 12 * 60


def minutes(text: str) -> str:
    """2:30, 02:30:00, 2h30, 2 hrs 30 min and PT2H30M are 150.0; 8:30 PM is 1230.0; 1 day, 2:00:00 is 1560.0.

    Any other text stays as it is, so that a plain number is one of minutes.
    """
    if clock := _CLOCK.fullmatch(text):
        sign, days, hours, some, seconds, half = clock.groups()
        if half and not 1 <= int(hours) <= 12:
            return text
        shift = (_NOON if half in "Pp" else 0) - (_NOON if int(hours) == 12 else 0) if half else 0
        return f"{sign}{_total(days, hours, some, seconds) + shift!r}"
    spelled = _SPELLED.fullmatch(text)
    return repr(_total(*spelled.groups())) if spelled and any(spelled.groups()) else text


def _total(*parts: str | None) -> float:
    days, hours, some, seconds = (float((part or "0").replace(",", ".")) for part in parts)
    return days * 1440 + hours * 60 + some + seconds / 60
