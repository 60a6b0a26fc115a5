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

_WORD = np.dtype([("counter", ">u2"), ("random", "V4")])
"""The last 12 digits of a UUID, as bytes."""
_DIGITS = np.dtype("V12")
_TEXT = np.dtype({"names": ["last"], "formats": [_DIGITS], "offsets": [25], "itemsize": 39})
"""Their place in an id between quotes, with a comma behind it."""
_BLOCK = 2**16
"""Ids that differ in their last 12 digits alone."""


class Ids:
    """The ids of n predictions: ``json`` is a JSON array of n texts."""

    def __init__(self, json: bytes) -> None:
        self.json = json

    @cached_property
    def texts(self) -> list[str]:
        return cast("list[str]", orjson.loads(self.json))


def new_id() -> str:
    """A new id: UUID version 7, whose order is that of time."""
    return str(uuid_utils.uuid7())


def new_ids(count: int) -> Ids:
    """Each id is above the one before it. The ids of another call in the same millisecond may lie between them."""
    if count < _MANY:
        return Ids(orjson.dumps([new_id() for _ in range(count)]))
    random = os.urandom(4 * count + 6)
    first = min(int.from_bytes(random[-6:], "big") >> 6, 2**42 - count)
    time_digits = f"{time.time_ns() // 1_000_000:012x}"
    blocks, at = [], first
    while at < first + count:
        size = min(_BLOCK - at % _BLOCK, first + count - at)
        blocks.append(_block(time_digits, at, random[4 * (at - first) : 4 * (at - first + size)]))
        at += size
    blocks[-1][-1:] = b"]"
    return Ids(b"".join([b"[", *blocks]))


def _block(time_digits: str, first: int, random: bytes) -> bytearray:
    """The UUIDs of one block as JSON texts, a comma behind each: 48 bits of milliseconds, 42 that count from ``first``,
    32 random ones. The method is RFC 9562, section 6.2, a counter behind the time.
    """
    count = len(random) // 4
    words = np.empty(count, _WORD)
    words["counter"] = np.arange(first % _BLOCK, first % _BLOCK + count)
    words["random"] = np.frombuffer(random, "V4")
    head = f"{time_digits[:8]}-{time_digits[8:]}-7{first >> 30:03x}-{0x8000 | first >> 16 & 0x3FFF:04x}"
    text = bytearray(f'"{head}-            ",'.encode()) * count
    places: Any = np.frombuffer(text, _TEXT)
    places["last"] = np.frombuffer(words.tobytes().hex().encode(), _DIGITS)
    return text


def content_id(content: bytes) -> str:
    """The same for the same content, a UUID of version 8 (RFC 9562: ours to fill)."""
    digest = hashlib.blake2b(content, digest_size=16).hexdigest()
    variant = "89ab"[int(digest[16], 16) % 4]
    return f"{digest[:8]}-{digest[8:12]}-8{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:]}"
