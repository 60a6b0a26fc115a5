"""Reading the audit in a SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from courier.errors import StoreUnavailableError
from courier.store.reader_priority import ReaderPriority
from courier.store.statements import statements

WAIT_SECONDS = 8.0
"""The wait for a running transaction, a batch on a busy disk. Below the 10 s after which the trainer gives up."""


class SqliteSource:
    """Opens the file for each question alone, because a reader keeps the writer waiting.

    `turns` are those of the store that writes the file, where that is in this process.
    """

    def __init__(self, path: Path, turns: ReaderPriority | None = None) -> None:
        self._path = path
        self._turns = turns or ReaderPriority()
        self._sql = statements("sqlite", "reads")

    def connect(self) -> None:
        self.ask("ping", {})

    def close(self) -> None:
        """Nothing is open."""

    def ask(self, statement: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        uri = f"{self._path.absolute().as_uri()}?mode=ro"
        try:
            with (
                self._turns.reading(),
                closing(sqlite3.connect(uri, uri=True, timeout=WAIT_SECONDS)) as connection,
            ):
                return connection.execute(self._sql[statement], parameters).fetchall()
        except sqlite3.Error as error:
            raise StoreUnavailableError(f"sqlite:{self._path}: {error}") from error
