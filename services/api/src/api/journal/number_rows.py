"""Rows of numbers as JSON, made of flat ones: half as dear as a list for each row is to the encoder."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import orjson

_MANY = 64
"""Fewer rows cost less to spell than numpy takes to start."""

_COMMA, _LINE = b",\n"


class NumberRows(NamedTuple):
    """The JSON of n rows of numbers: ``nested`` with a list for each row, ``flat`` as one list."""

    nested: bytes
    flat: bytes


def spelled(rows: npt.NDArray[Any]) -> NumberRows:
    """The JSON of [n, width] finite numbers. A float32 has the digits of a float32."""
    if len(rows) >= _MANY:
        flat = orjson.dumps(rows.ravel(), option=orjson.OPT_SERIALIZE_NUMPY)
        nested = in_rows(flat, *rows.shape)
        if nested is not None:
            return NumberRows(nested, flat)
    nested = orjson.dumps(rows, option=orjson.OPT_SERIALIZE_NUMPY)
    return NumberRows(nested, b"[%b]" % nested.translate(None, b"[]"))


def in_rows(numbers: bytes, rows: int, width: int) -> bytes | None:
    """``[1,2,3,4]`` as ``[[1,2],[3,4]]``: two brackets around the comma behind each row.

    None where there are few rows, or other commas than those between ``rows`` times ``width`` numbers without spaces.
    """
    if rows < _MANY:
        return None
    text = bytearray(numbers)
    places = np.frombuffer(text, np.uint8)
    commas = np.flatnonzero(places == _COMMA)
    if len(commas) != rows * width - 1:
        return None
    places[commas[width - 1 :: width]] = _LINE
    return b"".join([b"[", text.replace(b"\n", b"],["), b"]"])
