"""The courier's own records, kept in the journal like the api's: so they survive its death, and land exactly once."""

from __future__ import annotations

import os
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import orjson

from courier.errors import OutboxError
from courier.identifiers import new_id
from courier.journal.frames import HEADER
from courier.journal.segments import SUFFIX

SLOT = "courier"
MOST_SEGMENTS = 1000
"""Segments that may wait for the store; each is one call of `put`."""
MOST_BULK_SEGMENTS = 100
"""The same limit for a segment that comes with a name: its sender can wait, that of an alert can't."""


class Outbox:
    """Writes whole segments into the journal directory; safe from any thread."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def put(self, records: Sequence[Mapping[str, object]], id_: str | None = None) -> None:
        """Keep records, all or none; they are on the disk when this returns.

        Records that may be sent again have an id of their own, a UUID of version 7: their segment is named by it. The
        second time it replaces the first, or is found in the store as one that has landed.

        Raises:
            OutboxError: nothing was kept: too much waits already, or the disk takes nothing.
        """
        content = b"".join(map(_frame, records))
        if not content:
            return
        name = f"{SLOT}-{id_ or new_id()}{SUFFIX}"
        hidden = self._directory / f".{SLOT}-{new_id()}{SUFFIX}"
        most = MOST_BULK_SEGMENTS if id_ else MOST_SEGMENTS
        try:
            waiting = sum(1 for _ in self._directory.glob(f"{SLOT}-*{SUFFIX}"))
            if waiting >= most:
                raise OutboxError(f"{waiting} of the courier's own segments wait for the store already")
            self._directory.mkdir(parents=True, exist_ok=True)
            with hidden.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            # Whole from the moment it has its name, and no writer holds it: the reader takes it for a closed segment.
            hidden.rename(self._directory / name)
            _sync(self._directory)
        except OSError as error:
            with suppress(OSError):
                hidden.unlink(missing_ok=True)
            raise OutboxError(f"the journal takes nothing: {error}") from error


def _frame(record: Mapping[str, object]) -> bytes:
    payload = orjson.dumps(record)
    return HEADER.pack(len(payload), zlib.crc32(payload)) + payload


def _sync(directory: Path) -> None:
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
