"""SQL from the .sql files: statements by name, migrations by number."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal

Dialect = Literal["postgres", "sqlite"]

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file."""

    number: int
    name: str
    sql: str


def statements(dialect: Dialect, file: Literal["queries", "reads"] = "queries") -> dict[str, str]:
    """The statements of a file, by name."""
    parts = _NAME.split(_read(dialect, f"{file}.sql"))[1:]
    return {name: body.strip() for name, body in zip(parts[::2], parts[1::2], strict=True)}


def migrations(dialect: Dialect) -> list[Migration]:
    """The files `NNN_name.sql`, by number."""
    names = sorted(entry.name for entry in files("courier").joinpath("store", "sql", dialect).iterdir())
    return [
        Migration(int(name[:3]), name.removesuffix(".sql"), _read(dialect, name))
        for name in names
        if re.fullmatch(r"\d{3}_\w+\.sql", name)
    ]


def _read(dialect: Dialect, name: str) -> str:
    return files("courier").joinpath("store", "sql", dialect, name).read_text(encoding="utf-8")


def split(script: str) -> Iterator[str]:
    """The statements of a script, separated by SQLite itself."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
