"""Ids: of predictions UUIDs of version 7, in the order of making; of feedback of version 8, made from what it says."""

import hashlib
import os
import time
from functools import cached_property
from typing import Any, cast

import numpy as np
import orjson
import uuid_utils

_MANY = 64
"""Fewer ids cost less one by one than numpy takes to start."""

_QUOTED = b'"' + b"-" * 36 + b'",'
_PARTS = ["first", "second", "third", "fourth", "fifth"]
_SIZES = ["V8", "V4", "V4", "V4", "V12"]
_DIGITS = np.dtype({"names": _PARTS, "formats": _SIZES})
"""The 32 digits of a UUID, in the parts that hyphens are put between."""
_TEXT = np.dtype({"names": _PARTS, "formats": _SIZES, "offsets": [1, 10, 15, 20, 25], "itemsize": len(_QUOTED)})


class Ids:
    """The ids of n predictions: ``json`` is a JSON array of n texts."""

    def __init__(self, json: bytes) -> None:
        self.json = json

    @cached_property
    def texts(self) -> list[str]:
        return cast("list[str]", orjson.loads(self.json))


def new_id() -> str:
    return str(uuid_utils.uuid7())


def new_ids(count: int) -> Ids:
    """Each id is above the one before it. The ids of another call in the same millisecond may lie between them."""
    if count < _MANY:
        return Ids(orjson.dumps([new_id() for _ in range(count)]))
    text = bytearray(_QUOTED * count)
    digits: Any = np.frombuffer(_uuids(count).hex().encode(), _DIGITS)
    places: Any = np.frombuffer(text, _TEXT)
    for part in _PARTS:
        places[part] = digits[part]
    text[-1:] = b"]"
    return Ids(b"[" + text)


def _uuids(count: int) -> bytes:
    """``count`` UUIDs of 16 bytes: 48 bits of milliseconds, 42 that count from a random start, 32 random ones.

    The method is RFC 9562, section 6.2, a counter behind the time.
    """
    random = os.urandom(4 * count + 6)
    start = int.from_bytes(random[-6:], "big") >> 7
    counter = np.arange(start, start + count, dtype=np.int64)
    words = np.empty((count, 2), dtype=">u8")
    words[:, 0] = (counter >> 30) | (time.time_ns() // 1_000_000 << 16 | 0x7000)
    low = ((counter & (2**30 - 1)) << 32) | np.frombuffer(random, np.uint32, count)
    words[:, 1] = low.view(np.uint64) | np.uint64(1 << 63)
    return words.tobytes()


def content_id(content: bytes) -> str:
    """The same for the same content, a UUID of version 8 (RFC 9562: ours to fill)."""
    digest = hashlib.blake2b(content, digest_size=16).hexdigest()
    variant = "89ab"[int(digest[16], 16) % 4]
    return f"{digest[:8]}-{digest[8:12]}-8{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:]}"
