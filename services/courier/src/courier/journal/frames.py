"""Frames of a journal segment: u32 length, u32 crc32, payload; see docs/formats.

Only what is whole and right comes out as a `Frame`. The meaning of the rest depends on whether a writer still holds
the segment: while one does, reading stops before it, because a short write may yet be cut off and written over. Once
no process can write any more, the rest is either `Damage`, kept byte for byte, or the end of a request that was never
answered: a `TornFrame`.
"""

from __future__ import annotations

import os
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

HEADER = struct.Struct(">II")
MAX_PAYLOAD = 64 * 1024 * 1024
READ_AHEAD = 1024 * 1024
DAMAGE_PIECE = 1024 * 1024

# Where a frame could begin after damage. JSON holds no raw byte below 0x09 and a length up to 64 MiB begins with one
# below 0x05, so no payload poses as a frame; the opening brace keeps long runs of zeros from being tried one by one.
_CANDIDATE = re.compile(rb"[\x00-\x04].{7}\{[\"}\s]", re.DOTALL)
_CANDIDATE_SIZE = 10


class Frame(NamedTuple):
    """A whole frame with a right checksum, at bytes `start` to `end` of its segment."""

    start: int
    end: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes that belong to no right frame; at most 1 MiB, longer damage comes in several pieces."""

    start: int
    end: int
    content: bytes


@dataclass(frozen=True, slots=True)
class TornFrame:
    """The beginning of a frame whose writer is gone: a request that was never answered."""

    start: int
    end: int


class Window:
    """The bytes of a file by position, read ahead in steps; holds one step or one frame, whichever is larger."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._start = 0
        self._bytes = b""

    def get(self, position: int, size: int) -> bytes:
        """The `size` bytes at `position`; fewer where the file ends."""
        offset = position - self._start
        if offset < 0 or offset + size > len(self._bytes):
            self._bytes = _pread(self._fd, position, max(size, READ_AHEAD))
            self._start = position
            offset = 0
        return self._bytes[offset : offset + size]


def read_frames(fd: int, start: int, *, closed: bool) -> Iterator[Frame | Damage | TornFrame]:
    """Read from byte `start` to the end the file has now. `closed` says that no writer holds the segment."""
    window = Window(fd)
    end = os.fstat(fd).st_size
    position = start
    while position < end:
        frame = frame_at(window, position, end)
        if frame is not None:
            yield frame
            position = frame.end
            continue
        if not closed:
            return
        following = _next_frame(fd, window, position + 1, end)
        if following is None and _is_torn(window, position, end):
            yield TornFrame(position, end)
            return
        damaged_to = end if following is None else following
        for piece in range(position, damaged_to, DAMAGE_PIECE):
            piece_end = min(piece + DAMAGE_PIECE, damaged_to)
            yield Damage(piece, piece_end, window.get(piece, piece_end - piece))
        position = damaged_to


def frame_at(window: Window, position: int, end: int) -> Frame | None:
    """The frame that begins at `position` and ends by `end`, or None when there is none that is whole and right."""
    header = window.get(position, HEADER.size)
    if len(header) < HEADER.size:
        return None
    size, checksum = HEADER.unpack(header)
    start = position + HEADER.size
    if not 0 < size <= MAX_PAYLOAD or start + size > end:
        return None
    payload = window.get(start, size)
    if len(payload) < size or zlib.crc32(payload) != checksum:
        return None
    return Frame(position, start + size, payload)


def payload_size(window: Window, position: int, end: int) -> int | None:
    """The length that the header at `position` claims, or None when there is no header or no such length."""
    if end - position < HEADER.size:
        return None
    header = window.get(position, HEADER.size)
    if len(header) < HEADER.size:
        return None
    size: int = HEADER.unpack(header)[0]
    return size if 0 < size <= MAX_PAYLOAD else None


def _is_torn(window: Window, position: int, end: int) -> bool:
    if end - position < HEADER.size:
        return True
    size = payload_size(window, position, end)
    if size is None or position + HEADER.size + size <= end:
        return False
    # A payload that matches its checksum is complete: then it is the length that was damaged, after the answer.
    _, checksum = HEADER.unpack(window.get(position, HEADER.size))
    rest = window.get(position + HEADER.size, end - position - HEADER.size)
    complete: bool = zlib.crc32(rest) == checksum
    return not complete


def _next_frame(fd: int, window: Window, position: int, end: int) -> int | None:
    """Where the next whole and right frame begins, from `position` on."""
    while end - position >= _CANDIDATE_SIZE:
        chunk = _pread(fd, position, min(READ_AHEAD, end - position))
        match = _CANDIDATE.search(chunk)
        while match is not None:
            candidate = position + match.start()
            if frame_at(window, candidate, end) is not None:
                return candidate
            match = _CANDIDATE.search(chunk, match.start() + 1)
        if len(chunk) < _CANDIDATE_SIZE:
            return None
        position += len(chunk) - _CANDIDATE_SIZE + 1
    return None


def _pread(fd: int, position: int, size: int) -> bytes:
    chunk = os.pread(fd, size, position)
    if not chunk or len(chunk) == size:
        return chunk
    parts = [chunk]
    received = len(chunk)
    while received < size:
        chunk = os.pread(fd, size - received, position + received)
        if not chunk:
            break
        parts.append(chunk)
        received += len(chunk)
    return b"".join(parts)
