"""Reads journals the simple way, for tests of the writer: every whole frame of every segment."""

import struct
import zlib
from pathlib import Path
from typing import Any

import orjson


def frames(segment: Path) -> list[bytes]:
    """The payloads of a segment that must be undamaged to its last byte."""
    content, found, start = segment.read_bytes(), [], 0
    while start < len(content):
        length, checksum = struct.unpack_from(">II", content, start)
        payload = content[start + 8 : start + 8 + length]
        assert len(payload) == length, f"{segment.name} ends inside a frame"
        assert zlib.crc32(payload) == checksum, f"{segment.name} has a frame with a wrong checksum"
        found.append(payload)
        start += 8 + length
    return found


def records(folder: Path) -> list[dict[str, Any]]:
    return [orjson.loads(payload) for segment in sorted(folder.glob("*.journal")) for payload in frames(segment)]
