"""A journal under test, its clock and its disk."""

import fcntl
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from api.journal.writer import Journal
from tests.support.journals import frames


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@contextmanager
def files_limited_to(size: int) -> Iterator[None]:
    """What a full disk looks like: a write is cut short at this size of the file, the next one fails."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def opened(folder: Path, **options: object) -> Journal:
    journal = Journal(folder, 0, fsync="never", **options)  # type: ignore[arg-type]
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
