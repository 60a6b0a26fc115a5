"""Texts that are ranges of numbers, in their order: 18-24, 25 to 34, 65+; under 5, [5, 10), 10 and more."""

import math
import re
from collections.abc import Sequence
from itertools import pairwise

FEWEST = 3
_NUMBER = r"[$€£]?\s?(\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)\s?(k?)"
_UNIT = r"(?:\s?(?:years?|yrs?|y|months?|days?|weeks?|hours?|minutes?|mins?|jahre|%|kg|g|cm|km|m|[€$£]))?"
_SIGN = r"(?:\s?[-\u2013\u2014_]\s?|\s(?:to|bis|and)\s|,\s?)"
_BETWEEN = re.compile(rf"[\[(]?{_NUMBER}{_UNIT}{_SIGN}{_NUMBER}{_UNIT}[\])]?", re.IGNORECASE)
_BELOW = re.compile(
    rf"(?:<=?|≤|under|below|less than|fewer than|up to|until|bis|unter)\s?{_NUMBER}{_UNIT}"
    rf"|{_NUMBER}{_UNIT} (?:and|or) (?:less|under|below|younger|fewer)",
    re.IGNORECASE,
)
_ABOVE = re.compile(
    rf"(?:>=?|≥|over|above|more than|from|ab|über)\s?{_NUMBER}{_UNIT}"
    rf"|{_NUMBER}{_UNIT}\s?\+{_UNIT}|{_NUMBER}{_UNIT} (?:and|or|und) (?:more|over|above|older|up|mehr|älter)",
    re.IGNORECASE,
)
_ONE = re.compile(rf"{_NUMBER}{_UNIT}", re.IGNORECASE)


def in_ranges(texts: Sequence[str]) -> list[str] | None:
    """The texts from low to high where they are ranges that do not lie within one another; else None.

    Single numbers may stand among them, as in 0, 1-5, 6+.
    """
    if len(texts) < FEWEST:
        return None
    ends = {text: _ends(text) for text in texts}
    found = {text: both for text, both in ends.items() if both is not None}
    if len(found) < len(ends) or all(low == high for low, high in found.values()):
        return None
    ordered = sorted(found, key=lambda text: found[text])
    apart = all(found[one][1] <= found[next_][1] for one, next_ in pairwise(ordered))
    return ordered if apart and len(set(found.values())) == len(found) else None


def _ends(text: str) -> tuple[float, float] | None:
    """Low and high; endless where the range is open; None for any other text."""
    if match := _BETWEEN.fullmatch(text):
        low, high = _numbers(match)
        return (low, high) if low < high else None
    if match := _BELOW.fullmatch(text):
        return -math.inf, _numbers(match)[0]
    if match := _ABOVE.fullmatch(text):
        return _numbers(match)[0], math.inf
    if match := _ONE.fullmatch(text):
        number = _numbers(match)[0]
        return number, number
    return None


def _numbers(match: "re.Match[str]") -> list[float]:
    """Each number is two groups: its digits, and k for thousands."""
    groups = match.groups()
    pairs = zip(groups[::2], groups[1::2], strict=True)
    return [float(digits.replace(",", "")) * (1000 if k else 1) for digits, k in pairs if digits is not None]
