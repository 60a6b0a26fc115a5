"""Counts the part of the journal that has not landed yet, without the store and while landing is stuck."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

import orjson

from courier.journal.frames import HEADER, Window, frame_at, payload_size
from courier.journal.segments import Cursor, Journal, Segment

# Frames counted per survey, so that one look at a huge backlog stays short; the next survey goes on from there.
SURVEY_FRAMES = 200_000


@dataclass(frozen=True, slots=True)
class Pending:
    """The amount of the journal that waits."""

    records: int = 0
    """Whole frames that have not landed; a request is one frame, however many rows it has."""

    oldest_seconds: float = 0.0
    """Age of the oldest of them, by the time it was answered."""


@dataclass(slots=True)
class _Count:
    """A segment's first `offset` bytes hold `frames` frames."""

    offset: int
    frames: int
    oldest_at: float | None = None
    oldest_offset: int = -1


class Backlog:
    """Counts frames by their headers, each only once; safe to ask from any thread."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._counts: dict[str, _Count] = {}
        self._lock = Lock()

    def survey(self) -> Pending:
        """Look at the journal now."""
        with self._lock:
            names = self._journal.names()
            for gone in self._counts.keys() - set(names):
                del self._counts[gone]
            records, oldest, budget = 0, None, SURVEY_FRAMES
            for name in names:
                with self._journal.open(name) as segment:
                    if segment is None:
                        continue
                    cursor = self._journal.cursor(name)
                    count, counted = self._count(segment, cursor, budget)
                pending = max(0, count.frames - cursor.frames)
                records += pending
                budget -= counted
                if pending and count.oldest_at is not None:
                    oldest = count.oldest_at if oldest is None else min(oldest, count.oldest_at)
            return Pending(records, 0.0 if oldest is None else max(0.0, time.time() - oldest))

    def _count(self, segment: Segment, cursor: Cursor, budget: int) -> tuple[_Count, int]:
        count = self._counts.get(segment.name)
        if count is None or count.offset < cursor.offset:
            count = self._counts[segment.name] = _Count(cursor.offset, cursor.frames)
        window, end = Window(segment.fd), segment.size
        if count.oldest_offset != cursor.offset:
            count.oldest_at = _answered_at(window, cursor.offset, end)
            count.oldest_offset = cursor.offset if count.oldest_at is not None else -1
        counted = 0
        while counted < budget:
            size = payload_size(window, count.offset, end)
            if size is None or count.offset + HEADER.size + size > end:
                break
            count.offset += HEADER.size + size
            counted += 1
        count.frames += counted
        return count, counted


def _answered_at(window: Window, position: int, end: int) -> float | None:
    """When the frame at `position` was answered, in seconds since 1970; None when the frame does not tell."""
    frame = frame_at(window, position, end)
    if frame is None:
        return None
    try:
        return datetime.fromisoformat(orjson.loads(frame.payload)["at"]).timestamp()
    except (ValueError, TypeError, KeyError):
        return None
