"""The audit journal: every answer is written here by one call of the system before it is sent."""

import contextlib
import errno
import os
import struct
import time
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import structlog

from api.errors import JournalUnavailableError, TooLargeError
from api.journal.segment_file import new_segment, probe, remove_leftovers
from api.journal.unsynced import Unsynced

_LARGEST_PAYLOAD = 64 * 1024 * 1024
_HEADER = struct.Struct(">II")

log = structlog.stdlib.get_logger(__name__)


class Journal:
    """Appends frames to one segment at a time. For one thread: a worker's event loop."""

    def __init__(
        self,
        folder: Path,
        slot: int,
        *,
        fsync: Literal["never", "interval", "always"] = "interval",
        largest_segment: int = 64 * 1024 * 1024,
        oldest_segment: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder
        self._slot = slot
        self._fsync = fsync
        self._largest = largest_segment
        self._oldest = oldest_segment
        self._clock = clock
        self._fd: int | None = None
        self._path = folder
        self._size = 0
        self._opened = 0.0
        self._dirty = False
        self._unsynced = Unsynced()
        self._failure_logged = False
        self.writable = False

    def open(self) -> None:
        """Start a segment. Failing is not an error yet: ``writable`` says so and ``maintain`` tries again."""
        try:
            remove_leftovers(self._folder, self._slot)
            self._start_segment()
        except OSError as error:
            self._failed(error)

    def append(self, payloads: Sequence[bytes]) -> None:
        """Write one frame per payload, all of them or none.

        Raises:
            JournalUnavailableError: nothing was written; the caller must not answer.
            TooLargeError: a payload is larger than a frame can be.
        """
        if any(len(payload) > _LARGEST_PAYLOAD for payload in payloads):
            raise TooLargeError("the record of this answer does not fit in the journal, send fewer rows")
        if len(payloads) == 1:
            frames = [_header(payloads[0]), payloads[0]]  # it may be large, and is not copied
        else:
            frames = [b"".join([_header(payload) + payload for payload in payloads])]
        size = sum(map(len, frames))
        try:
            if self._size and self._size + size > self._largest:
                self._end_segment()
            fd = self._start_segment() if self._fd is None else self._fd
            self._write(fd, frames, size)
        except OSError as error:
            self._failed(error)
            raise JournalUnavailableError from error
        self._works()

    def maintain(self) -> None:
        """Close a segment that is due, and try a failed disk again. Call it about every second."""
        try:
            if self._fd is not None and self._size and self._clock() - self._opened >= self._oldest:
                self._end_segment()
            if self._fd is not None and os.fstat(self._fd).st_nlink == 0:
                log.error("journal segment was deleted while it was being written", segment=self._path.name)
                self._drop_segment()
            if not self.writable:
                self._probe()
        except OSError as error:
            self._failed(error)

    def begin_sync(self) -> Callable[[], None] | None:
        """The rest of the work, for any thread, until everything written so far survives a power loss."""
        live = self._fd if self._dirty else None
        self._dirty = False
        return self._unsynced.take(live)

    def sync_failed(self, error: OSError) -> None:
        """Write no more into a segment that could not be synced: its next sync would claim to have worked."""
        self._failed(error)
        with contextlib.suppress(OSError):
            self._end_segment()

    def close(self) -> None:
        """Sync what is left, and give the segment up to the reader."""
        try:
            self._end_segment()
            sync = self._unsynced.take(None)
            if sync is not None:
                sync()
        except OSError as error:
            log.error("journal could not be closed cleanly", error=error.strerror)

    def _start_segment(self) -> int:
        fd, path = new_segment(self._folder, self._slot, sync=self._fsync == "always")
        if self._fsync == "interval":
            self._unsynced.named(self._folder)
        self._fd, self._path = fd, path
        self._size, self._opened, self._dirty = 0, self._clock(), False
        self._works()
        return fd

    def _write(self, fd: int, frames: Sequence[bytes], size: int) -> None:
        try:
            if os.writev(fd, frames) != size:
                raise OSError(errno.ENOSPC, "the disk took only a part of the record")
            if self._fsync == "always":
                os.fdatasync(fd)
        except OSError:
            self._give_up_segment(fd)
            raise
        self._size += size
        self._dirty = self._fsync == "interval"

    def _give_up_segment(self, fd: int) -> None:
        """A frame that was not answered must not be read, so what of it got onto the disk is cut off.

        The segment ends here: a reader may have landed the frame while it was whole, and would look for the next
        one behind it.
        """
        with contextlib.suppress(OSError):
            os.ftruncate(fd, self._size)
        if not self._size:
            self._path.unlink(missing_ok=True)
        self._drop_segment()

    def _end_segment(self) -> None:
        """The sync gives it up to the reader; without one it is given up now."""
        if self._fd is None:
            return
        try:
            if not self._size:
                self._path.unlink(missing_ok=True)
        finally:
            if self._dirty:
                self._unsynced.keep(self._fd)
                self._fd = None
            self._drop_segment()

    def _drop_segment(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
        self._fd, self._size, self._dirty = None, 0, False

    def _probe(self) -> None:
        probe(self._folder, self._slot)
        if self._fd is None:
            self._start_segment()
        self._works()
        log.info("journal is writable again", folder=str(self._folder))

    def _works(self) -> None:
        self.writable, self._failure_logged = True, False

    def _failed(self, error: OSError) -> None:
        if not self._failure_logged:
            self._failure_logged = True
            log.error("journal is not writable", folder=str(self._folder), error=error.strerror or str(error))
        self.writable = False


def _header(payload: bytes) -> bytes:
    return _HEADER.pack(len(payload), zlib.crc32(payload))
