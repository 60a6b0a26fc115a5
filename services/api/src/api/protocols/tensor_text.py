"""The numbers of a tensor as their client wrote them: cut out of the request, and for the record put into rows.

The record's rows are cheaper to copy than to spell, and the numbers cheaper to read without the rest around them.
"""

import re
from typing import NamedTuple

from api.journal.number_rows import in_rows

_LONGEST = {"FP32": 12, "FP64": 24}
"""Bytes that a number may take, with its comma, on average: a record is not to be longer than one of our spelling."""

_KEY = b'"data"'
_LIST = re.compile(rb"[ \t\r\n]*:[ \t\r\n]*\[")
_SPACES = b" \t\r\n"


class TensorText(NamedTuple):
    """``numbers`` are the list that is the request's only ``data``, up to its first closing bracket; ``request`` is the
    JSON with an empty list in its place. Where both are JSON, so is what they were cut out of.
    """

    numbers: bytes
    request: bytes


def cut_numbers(raw: bytes) -> TensorText | None:
    """Cut a request's numbers out, or None where ``data`` is not in it exactly once, or not a list."""
    # Without an escape, quotes stand around texts only: then the one "data" with a colon behind it is a key.
    key = raw.find(_KEY)
    found = None if key < 0 or b"\\" in raw else _LIST.match(raw, key + len(_KEY))
    if found is None:
        return None
    start, end = found.end(), raw.find(b"]", found.end())
    # There are no quotes among numbers, so that a second key can only be behind them.
    if end < 0 or raw.find(_KEY, end) >= 0:
        return None
    return TensorText(raw[start - 1 : end + 1], raw[:start] + raw[end:])


def as_rows(numbers: bytes, datatype: str, rows: int, width: int) -> bytes | None:
    """The JSON of [rows, width] numbers, a list for each row, or None where they are better spelled again.

    ``numbers`` are that many, as one flat list in JSON.
    """
    if datatype not in _LONGEST:
        return None
    if b" " in numbers or b"\n" in numbers:
        numbers = numbers.translate(None, _SPACES)
    return None if len(numbers) > _LONGEST[datatype] * rows * width else in_rows(numbers, rows, width)
