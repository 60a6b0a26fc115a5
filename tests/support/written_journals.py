"""A journal under test, its clock and its disk."""

import fcntl
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from api.journal.writer import Journal
from tests.support.journals import frames


@contextmanager
def files_limited_to(size: int) -> Iterator[None]:
    """What a full disk looks like: a write is cut short at this size of the file, the next one fails."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def opened(folder: Path, *, largest_segment: int = 1024 * 1024, clock: Callable[[], float] = time.monotonic) -> Journal:
    journal = Journal(folder, 0, fsync="never", largest_segment=largest_segment, clock=clock)
    journal.open()
    return journal


def payloads(folder: Path) -> list[bytes]:
    return [payload for segment in sorted(folder.glob("*.journal")) for payload in frames(segment)]


def is_locked(segment: Path) -> bool:
    with segment.open() as reader:
        try:
            fcntl.flock(reader, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False
