"""The upkeep of a store: partitions ahead of time, and room where a retention is set."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from structlog.typing import FilteringBoundLogger

from courier.errors import StoreUnavailableError
from courier.store.protocol import Store

EVERY_SECONDS = 3600.0
AGAIN_SECONDS = 60.0
ROWS_AT_ONCE = 10_000


class Upkeep:
    """Does a little at a time between two batches, in the thread that lands."""

    def __init__(
        self,
        store: Store,
        retention_days: float | None,
        log: FilteringBoundLogger,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._retention_days = retention_days
        self._log = log
        self._clock = clock
        self._due = clock()

    def work(self) -> None:
        """Do the work that is due. A lock held by another is not an error: a month is made long before it is needed."""
        if self._clock() < self._due:
            return
        try:
            for month in self._store.make_months():
                self._log.info("month made", month=month)
            more = self._prune()
        except StoreUnavailableError as error:
            self._log.warning("upkeep put off", error=str(error))
            self._due = self._clock() + AGAIN_SECONDS
        else:
            self._due = self._clock() + (0 if more else EVERY_SECONDS)

    def _prune(self) -> bool:
        if self._retention_days is None:
            return False
        before = oldest_kept(self._retention_days)
        pruned = self._store.prune(before, ROWS_AT_ONCE)
        if pruned.months or pruned.rows:
            self._log.info("pruned", before=before.isoformat(), months=pruned.months, rows=pruned.rows)
        return pruned.rows > 0


def oldest_kept(days: float) -> datetime:
    """The moment that many days ago; the year one when there is none that long ago."""
    try:
        return datetime.now(UTC) - timedelta(days=days)
    except OverflowError:
        return datetime(1, 1, 1, tzinfo=UTC)
