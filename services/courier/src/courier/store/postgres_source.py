"""Reading the audit in PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from courier.store.postgres_connection import PostgresConnection
from courier.store.statements import statements


class PostgresSource(PostgresConnection):
    """A connection that can't write."""

    def __init__(self, read_url: Callable[[], str]) -> None:
        super().__init__(read_url, name="courier reads")
        self._sql = statements("postgres", "reads")

    def connect(self) -> None:
        super().connect()
        with self._step() as connection:
            connection.execute("SET default_transaction_read_only = on")

    def ask(self, statement: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        with self._step() as connection:
            return connection.execute(self._sql[statement], parameters).fetchall()
