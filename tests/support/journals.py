"""Reads journals the simple way, for tests of the writer: every whole frame of every segment."""

import struct
import zlib
from pathlib import Path
from typing import Any

import orjson


def frames(segment: Path, *, killed: bool = False) -> list[bytes]:
    """The payloads of a segment that must be undamaged to its last byte.

    `killed`: its writer was killed, perhaps within a write, so the last frame may be cut; nobody got its answer.
    """
    content, found, start = segment.read_bytes(), [], 0
    while start < len(content):
        if killed and len(content) - start < 8:
            break
        length, checksum = struct.unpack_from(">II", content, start)
        payload = content[start + 8 : start + 8 + length]
        if killed and len(payload) < length:
            break
        assert len(payload) == length, f"{segment.name} ends inside a frame"
        assert zlib.crc32(payload) == checksum, f"{segment.name} has a frame with a wrong checksum"
        found.append(payload)
        start += 8 + length
    return found


def records(folder: Path, *, killed: bool = False) -> list[dict[str, Any]]:
    segments = sorted(folder.glob("*.journal"))
    return [orjson.loads(payload) for segment in segments for payload in frames(segment, killed=killed)]
