"""The answer of a database to one query, as CSV."""

import csv
import io
import sqlite3
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from trainer.errors import ContractError, SourceError, SourceTooLargeError

ROWS_AT_ONCE = 10_000


def answer(source: str, query: str, root: Path, *, timeout: float, max_bytes: int) -> bytes:
    """`source` is sqlite:///path (relative to `root`) or postgresql://user@host/database.

    Nothing can be written by the query. Raises ContractError for a source with a password, SourceError where the
    database does not answer within `timeout` seconds, SourceTooLargeError above `max_bytes`.
    """
    if source.startswith("sqlite:"):
        return _from_sqlite(source, query, root, timeout, max_bytes)
    if urlsplit(source).password is not None:
        raise ContractError("source: a contract holds no password; put it into PGPASSWORD or ~/.pgpass")
    return _from_postgres(source, query, timeout, max_bytes)


def _from_sqlite(source: str, query: str, root: Path, timeout: float, max_bytes: int) -> bytes:
    path = root / source.removeprefix("sqlite:///")
    deadline = time.monotonic() + timeout
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=timeout)) as database:
            database.set_progress_handler(lambda: time.monotonic() > deadline, 100_000)
            found = database.execute(query)
            return _as_csv(source, [one[0] for one in found.description or ()], found, max_bytes)
    except sqlite3.Error as error:
        raise SourceError(f"{source} cannot be asked: {error}") from error


def _from_postgres(source: str, query: str, timeout: float, max_bytes: int) -> bytes:
    try:
        import psycopg
    except ImportError as error:
        raise SourceError(f"{source} needs psycopg: pip install 'psycopg[binary]'") from error
    limits = f"-c default_transaction_read_only=on -c statement_timeout={int(timeout * 1000)}"
    try:
        with (
            psycopg.connect(source, connect_timeout=max(2, int(timeout)), options=limits) as database,
            database.cursor(name="source") as found,
        ):
            found.itersize = ROWS_AT_ONCE
            found.execute(query.encode())
            first = found.fetchmany(ROWS_AT_ONCE)
            names = [one.name for one in found.description or ()]
            return _as_csv(source, names, _chained(first, found), max_bytes)
    except psycopg.Error as error:
        raise SourceError(f"{source} cannot be asked: {str(error).strip()}") from error


def _chained(first: Sequence[Any], rest: Iterable[Any]) -> Iterable[Any]:
    yield from first
    yield from rest


def _as_csv(source: str, names: list[str], rows: Iterable[Sequence[Any]], max_bytes: int) -> bytes:
    if not names:
        raise SourceError(f"{source}: the query answers no rows; it has to be a SELECT")
    written = io.StringIO(newline="")
    table = csv.writer(written, lineterminator="\n")
    table.writerow(names)
    for row in rows:
        table.writerow([_text(value) for value in row])
        if written.tell() > max_bytes:
            raise SourceTooLargeError(f"{source} answers more than {max_bytes} bytes")
    return written.getvalue().encode()


def _text(value: Any) -> Any:
    match value:
        case bool():
            return "true" if value else "false"
        case bytes() | memoryview():
            return bytes(value).hex()
        case _ if hasattr(value, "isoformat"):
            return value.isoformat()
        case _:
            return value
