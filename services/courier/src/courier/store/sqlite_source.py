"""Reading the audit in a SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from courier.errors import StoreUnavailableError
from courier.store.sqlite import BUSY_SECONDS
from courier.store.statements import statements


class SqliteSource:
    """Opens the file for each question alone: whoever reads keeps the writer waiting."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._sql = statements("sqlite", "reads")

    def connect(self) -> None:
        self.ask("ping", {})

    def close(self) -> None:
        """Nothing is open."""

    def ask(self, statement: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        uri = f"{self._path.absolute().as_uri()}?mode=ro"
        try:
            with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS)) as connection:
                return connection.execute(self._sql[statement], parameters).fetchall()
        except sqlite3.Error as error:
            raise StoreUnavailableError(f"sqlite:{self._path}: {error}") from error
