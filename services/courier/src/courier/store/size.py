"""Measures the size of the audit between two batches, and warns before it fills a disk."""

from __future__ import annotations

import time
from collections.abc import Callable

from structlog.typing import FilteringBoundLogger

from courier.errors import StoreUnavailableError
from courier.metrics import Metrics
from courier.store.protocol import Store

EVERY_SECONDS = 60.0
DATABASE = "database"
"""The volume whose size is a setting."""
WARN_BYTES = 4 * 1024**3
"""The alert AuditStoreLarge has the same limit."""


class StoreSize:
    """Measures the store once a minute, in the thread that lands: the store has one connection, for one thread."""

    def __init__(
        self,
        store: Store,
        retention_days: float | None,
        metrics: Metrics,
        log: FilteringBoundLogger,
        clock: Callable[[], float] = time.monotonic,
        *,
        space_bytes: float | None = None,
    ) -> None:
        """`space_bytes` is what the store may take where its disk can't be seen; it is exported as a volume."""
        self._store = store
        self._retention_days = retention_days
        self._metrics = metrics
        self._log = log
        self._clock = clock
        self._space_bytes = space_bytes
        self._due = clock()
        self._bytes: int | None = None
        self._warned = False
        metrics.storage.audit_retention_days.set(retention_days or 0)

    def work(self) -> None:
        """Measure when a minute has passed. When the store gives no answer, the last size stays."""
        if self._clock() < self._due:
            return
        self._due = self._clock() + EVERY_SECONDS
        try:
            size = self._store.size()
        except StoreUnavailableError as error:
            self._log.warning("the audit's size could not be measured", error=str(error))
            return
        self._bytes = size
        self._metrics.storage.audit_store_bytes.labels(self._store.name.partition(":")[0]).set(size)
        if self._space_bytes is not None:
            self._metrics.storage.volume_size.labels(DATABASE).set(self._space_bytes)
            self._metrics.storage.volume_free.labels(DATABASE).set(max(self._space_bytes - size, 0))
        self._warn(size)

    def report(self) -> dict[str, object]:
        """For `/health`: the last measured size in bytes, null before the first, and the retention in days."""
        return {"bytes": self._bytes, "retention_days": self._retention_days}

    def _warn(self, size: int) -> None:
        large = size > WARN_BYTES and self._retention_days is None
        if large and not self._warned:
            self._log.warning(
                "the audit is large and nothing is ever deleted from it: set RETENTION_DAYS, or run `courier prune`",
                bytes=size,
                limit=WARN_BYTES,
            )
        self._warned = large
