"""Segments of a journal directory: which there are, who still writes them, how far each has landed."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from courier.errors import JournalInUseError

SUFFIX = ".journal"
CURSOR_SUFFIX = ".cursor"

# An empty segment may be one whose writer has created it and not locked it yet; it is left alone for this long.
NEWBORN_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a segment has landed: its first `offset` bytes, which held `frames` whole frames."""

    offset: int = 0
    frames: int = 0


@dataclass(frozen=True, slots=True)
class Segment:
    """An open segment."""

    name: str
    fd: int

    @property
    def size(self) -> int:
        """Bytes in the file now."""
        return os.fstat(self.fd).st_size

    def closed(self) -> bool:
        """Whether no writer holds it. Ask before reading: what is read then is all there will ever be."""
        status = os.fstat(self.fd)
        if status.st_size == 0 and time.time() - status.st_mtime < NEWBORN_SECONDS:
            return False
        try:
            fcntl.flock(self.fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


class Journal:
    """The journal directory. Cursors are kept in memory and copied to files.

    The memory leads: on a full disk a cursor can't be written, and landing must go on all the same, for deleting what
    has landed is what makes room. A cursor that stays behind only means that rows are sent twice and land once.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._cursors: dict[str, Cursor] = {}

    @contextmanager
    def held(self) -> Iterator[None]:
        """Be the only courier on this directory, which is made when missing.

        Raises:
            JournalInUseError: another process holds it.
        """
        self._directory.mkdir(parents=True, exist_ok=True)
        fd = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            raise JournalInUseError(f"another courier drains {self._directory}; only one may") from None
        try:
            self._remove_stray_cursors()
            yield
        finally:
            os.close(fd)

    def names(self) -> list[str]:
        """The segments' names, oldest first. A name is `<slot>-<uuid7>`, and UUIDs of version 7 sort by time."""
        with suppress(FileNotFoundError):
            # Hidden names are segments whose writer is still making them.
            names = [path.stem for path in self._directory.iterdir() if _is_segment(path.name)]
            return sorted(names, key=lambda name: name.partition("-")[2])
        return []

    @contextmanager
    def open(self, name: str) -> Iterator[Segment | None]:
        """Open a segment for reading; None when it is gone. It is closed again at the end of the block."""
        try:
            fd = os.open(self._path(name, SUFFIX), os.O_RDONLY)
        except FileNotFoundError:
            yield None
            return
        try:
            yield Segment(name, fd)
        finally:
            os.close(fd)

    def cursor(self, name: str) -> Cursor:
        """How far the segment has landed; from the start when that isn't known."""
        known = self._cursors.get(name)
        # Surveys ask from another thread; setdefault keeps them from putting an older cursor over a newer one.
        return known if known is not None else self._cursors.setdefault(name, self._read_cursor(name))

    def advance(self, name: str, cursor: Cursor) -> None:
        """Remember how far the segment has landed.

        Raises:
            OSError: it is remembered, but the file could not be written.
        """
        self._cursors[name] = cursor
        path = self._path(name, CURSOR_SUFFIX)
        fresh = path.with_suffix(".cursor-new")
        fresh.write_text(f"{cursor.offset} {cursor.frames}\n", encoding="ascii")
        fresh.replace(path)

    def discard(self, name: str) -> None:
        """Delete a segment that has landed whole, and then its cursor."""
        self._path(name, SUFFIX).unlink(missing_ok=True)
        self._path(name, CURSOR_SUFFIX).unlink(missing_ok=True)
        self._cursors.pop(name, None)

    def _read_cursor(self, name: str) -> Cursor:
        try:
            offset, frames = self._path(name, CURSOR_SUFFIX).read_text(encoding="ascii").split()
            cursor = Cursor(int(offset), int(frames))
            size = self._path(name, SUFFIX).stat().st_size
        except (OSError, ValueError):
            return Cursor()
        return cursor if 0 <= cursor.offset <= size and cursor.frames >= 0 else Cursor()

    def _remove_stray_cursors(self) -> None:
        for path in self._directory.glob(f"*{CURSOR_SUFFIX}*"):
            if not path.with_suffix(SUFFIX).exists() or path.suffix != CURSOR_SUFFIX:
                path.unlink(missing_ok=True)

    def _path(self, name: str, suffix: str) -> Path:
        return self._directory / f"{name}{suffix}"


def _is_segment(name: str) -> bool:
    return name.endswith(SUFFIX) and not name.startswith(".")
