"""A courier that is killed after each commit of predictions, before it writes its cursor: `python -m` this module."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Event
from typing import cast

import psycopg
import structlog

from courier.records.records import PredictionRow
from courier.service import run
from courier.settings import Settings
from courier.store.choice import make_store
from courier.store.postgres import PostgresStore
from courier.store.protocol import Store
from courier.store.sqlite import SqliteStore
from courier.testing import MemoryRegistry


class DiesAfterCommit:
    """A real store whose process is killed as soon as a batch with predictions is committed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._armed = False

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def add_predictions(self, rows: Sequence[PredictionRow]) -> int:
        self._armed = True
        return self._store.add_predictions(rows)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        nested = self._in_transaction()
        with self._store.transaction():
            yield
        if self._armed and not nested:
            os.kill(os.getpid(), signal.SIGKILL)

    def _in_transaction(self) -> bool:
        assert isinstance(self._store, SqliteStore | PostgresStore)
        connection = self._store._open_connection
        if isinstance(connection, sqlite3.Connection):
            return connection.in_transaction
        return connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE


if __name__ == "__main__":
    settings = Settings()
    run(
        settings,
        structlog.get_logger(),
        Event(),
        registry=MemoryRegistry(),
        store=cast(Store, DiesAfterCommit(make_store(settings))),  # __getattr__ has its other methods
    )
