"""A JSON list of numbers as an array, without a Python object for each number."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

# simdjson has no wheel for every Python. Without it, orjson reads these numbers like all others.
_simdjson: Any = import_module("simdjson") if find_spec("simdjson") else None

LONGEST = 1024 * 1024
"""Bytes: the parser takes up to 25 times the memory of its text."""


def doubles(text: bytes) -> npt.NDArray[np.float64] | None:
    """The numbers of ``text``, a flat list, each as the double next to it. None where this parser does not take it."""
    if _simdjson is None or len(text) > LONGEST:
        return None
    try:
        # A parser for each list costs nothing beside it, and keeps neither its memory nor the last list.
        found = _simdjson.Parser().parse(text)
        return np.frombuffer(found.as_buffer(of_type="d"), np.float64) if isinstance(found, _simdjson.Array) else None
    except (ValueError, TypeError, RuntimeError):
        return None
