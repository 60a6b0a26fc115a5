"""Turns at a SQLite file: the readers of this process come before the writer's next transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

LET_IN_SECONDS = 1.0
"""The longest that a transaction waits for readers, who ask every 0.1 s at least (sqlite3_busy_timeout)."""


class ReaderPriority:
    """The readers of the moment. Safe from any thread.

    SQLite knows no queue. A reader asks again and again until one of its questions meets an open file. With the
    rollback journal, the file is shut from the first page that leaves the cache until the commit is on the disk.
    When transaction follows transaction on a busy machine, a reader may miss every moment in between.
    """

    def __init__(self) -> None:
        self._changed = Condition()
        self._readers = 0

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold back the next transaction, from the wish to read to its end."""
        with self._changed:
            self._readers += 1
        try:
            yield
        finally:
            with self._changed:
                self._readers -= 1
                self._changed.notify_all()

    def let_in(self) -> None:
        """Wait until no reader is left, for a second at most. The writer calls it before a transaction."""
        with self._changed:
            self._changed.wait_for(lambda: self._readers == 0, LET_IN_SECONDS)
