"""Prediction ids: UUIDs of version 7, many at a time."""

import os
import time

import numpy as np
import uuid_utils

_HEX = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
_DASHES = (8, 13, 18, 23)
_DIGITS = [place for place in range(36) if place not in _DASHES]


def new_id() -> str:
    return str(uuid_utils.uuid7())


def new_ids(count: int) -> list[str]:
    """``count`` ids of this millisecond, each with 74 random bits of its own (RFC 9562, section 5.7)."""
    if count == 1:
        return [new_id()]
    ids = np.empty((count, 16), dtype=np.uint8)
    ids[:, :6] = np.frombuffer((time.time_ns() // 1_000_000).to_bytes(6, "big"), dtype=np.uint8)
    ids[:, 6:] = np.frombuffer(os.urandom(count * 10), dtype=np.uint8).reshape(count, 10)
    ids[:, 6] = ids[:, 6] & 0x0F | 0x70
    ids[:, 8] = ids[:, 8] & 0x3F | 0x80
    digits = np.empty((count, 16, 2), dtype=np.uint8)
    digits[:, :, 0] = _HEX[ids >> 4]
    digits[:, :, 1] = _HEX[ids & 0x0F]
    text = np.full((count, 36), ord("-"), dtype=np.uint8)
    text[:, _DIGITS] = digits.reshape(count, 32)
    joined = text.tobytes().decode("ascii")
    return [joined[start : start + 36] for start in range(0, count * 36, 36)]
