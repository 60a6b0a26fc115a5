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

_SIZES = np.dtype([("fourth", "V4"), ("fifth", "V12")])
"""The last 16 digits of a UUID, in the parts that a hyphen is put between."""
_TEXT = np.dtype({"names": ["fourth", "fifth"], "formats": ["V4", "V12"], "offsets": [20, 25], "itemsize": 39})
"""Their places in an id between quotes, with a comma behind it."""


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
    head, low = _words(count)
    text = bytearray(f'"{head[:8]}-{head[8:12]}-{head[12:]}-    -            ",'.encode() * count)
    digits: Any = np.frombuffer(low.hex().encode(), _SIZES)
    places: Any = np.frombuffer(text, _TEXT)
    places["fourth"] = digits["fourth"]
    places["fifth"] = digits["fifth"]
    text[-1:] = b"]"
    return Ids(b"[" + text)


def _words(count: int) -> tuple[str, bytes]:
    """The first 16 digits that ``count`` UUIDs have in common, and 8 bytes of each: 48 bits of milliseconds, 42 that
    count from a random start, 32 random ones.

    The method is RFC 9562, section 6.2, a counter behind the time. Its upper 12 bits stay the same: a start so high
    that they would not becomes the highest that is low enough.
    """
    random = os.urandom(4 * count + 6)
    start = int.from_bytes(random[-6:], "big") >> 7
    upper, lower = start >> 30, min(start & (2**30 - 1), 2**30 - count)
    head = time.time_ns() // 1_000_000 << 16 | 0x7000 | upper
    low = np.arange(lower, lower + count, dtype=np.uint64) << 32
    low |= np.frombuffer(random, np.uint32, count)
    low |= np.uint64(1 << 63)
    return f"{head:016x}", low.astype(">u8").tobytes()


def content_id(content: bytes) -> str:
    """The same for the same content, a UUID of version 8 (RFC 9562: ours to fill)."""
    digest = hashlib.blake2b(content, digest_size=16).hexdigest()
    variant = "89ab"[int(digest[16], 16) % 4]
    return f"{digest[:8]}-{digest[8:12]}-8{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:]}"
