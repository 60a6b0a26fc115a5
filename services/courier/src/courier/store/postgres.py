"""The audit in PostgreSQL, through psycopg 3."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Timer
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from courier.errors import ConfigurationError, RowsRefusedError, StoreUnavailableError
from courier.records import FeedbackRow, PredictionRow
from courier.store.protocol import Answer, Counts, QuarantineRow
from courier.store.statements import migrations, statements

CONNECT_SECONDS = 2
STATEMENT_SECONDS = 20.0

# SQLSTATE 54: a limit such as the largest index entry. psycopg calls it an operational error, but it is the row's.
ROW_LIMITS = "54"

COPY_LINE = "\t".join(["%s"] * len(PredictionRow._fields)) + "\n"


class PostgresStore:
    """One connection, made anew after each failure.

    `read_url` is asked at every connection. A server that is there but frozen answers nothing and times out nothing,
    so each step has a deadline of its own, after which the socket is shut under it.
    """

    def __init__(self, read_url: Callable[[], str], *, statement_seconds: float = STATEMENT_SECONDS) -> None:
        self._read_url = read_url
        self._statement_seconds = statement_seconds
        self._sql = statements("postgres")
        self._connection: psycopg.Connection | None = None
        self._name = "postgresql"

    @property
    def name(self) -> str:
        return self._name

    def open(self) -> None:
        if self._connection is not None:
            return
        conninfo = self._conninfo()
        try:
            self._connection = psycopg.connect(conninfo, autocommit=True)
        except psycopg.Error as error:
            raise StoreUnavailableError(f"{self.name}: {_first_line(error)}") from None
        self._migrate()
        with self._step() as connection:
            connection.execute(self._sql["create_staging"])

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error, OSError):
                connection.close()

    def abort(self) -> None:
        connection = self._connection
        if connection is not None:
            _shut(connection)

    def ping(self) -> None:
        with self._step() as connection:
            connection.execute("SELECT 1")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        block = self._open_connection.transaction()
        with self._step():
            block.__enter__()
        try:
            yield
        except BaseException as error:
            with suppress(StoreUnavailableError), self._step():
                block.__exit__(type(error), error, error.__traceback__)
            raise
        with self._step():
            block.__exit__(None, None, None)

    def add_predictions(self, rows: Sequence[PredictionRow]) -> int:
        with self._step() as connection, connection.cursor() as cursor:
            with cursor.copy(self._sql["stage_predictions"]) as copy:
                text = _copy_text(rows)
                if text is not None:
                    copy.write(text)
                else:
                    for row in rows:
                        copy.write_row(row)
            return cursor.execute(self._sql["merge_predictions"]).rowcount

    def add_feedback(self, rows: Sequence[FeedbackRow]) -> list[FeedbackRow]:
        with self._step() as connection:
            columns = [list(column) for column in zip(*rows, strict=True)]
            new = {id_ for (id_,) in connection.execute(self._sql["insert_feedback"], columns)}
        # A batch may hold the same feedback twice; it is new once.
        return [row for row in {row.id: row for row in rows}.values() if row.id in new]

    def add_quarantine(self, rows: Sequence[QuarantineRow]) -> int:
        with self._step() as connection, connection.cursor() as cursor:
            cursor.executemany(self._sql["insert_quarantine"], rows)
            return cursor.rowcount

    def answers(self, prediction_ids: Sequence[str]) -> list[Answer]:
        with self._step() as connection:
            return [Answer(*row) for row in connection.execute(self._sql["answers"], (list(prediction_ids),))]

    def counts(self) -> Counts:
        with self._step() as connection:
            predictions, feedback, quarantine = connection.execute(self._sql["counts"]).fetchall()[0]
            return Counts(predictions, feedback, quarantine)

    @property
    def _open_connection(self) -> psycopg.Connection:
        if self._connection is None:
            raise StoreUnavailableError(f"{self.name} is not connected")
        return self._connection

    @contextmanager
    def _step(self) -> Iterator[psycopg.Connection]:
        """One exchange with the server: bounded in time, with psycopg's errors told apart."""
        connection = self._open_connection
        # The server's own timeout comes first; this one is for a server that can't even tell the time.
        deadline = Timer(self._statement_seconds + 2, _shut, [connection])
        deadline.daemon = True
        deadline.start()
        try:
            yield connection
        except psycopg.Error as error:
            # A lost connection is asked first: whatever was being sent then, it is no row's fault.
            if not connection.broken and _speaks_of_a_row(error):
                raise RowsRefusedError(_first_line(error)) from error
            raise StoreUnavailableError(f"{self.name}: {_first_line(error)}") from error
        except UnicodeError as error:
            raise RowsRefusedError(str(error)) from error
        except OSError as error:
            raise StoreUnavailableError(f"{self.name}: {error}") from error
        finally:
            deadline.cancel()

    def _migrate(self) -> None:
        with self.transaction(), self._step() as connection:
            connection.execute(self._sql["lock_migrations"])
            connection.execute(self._sql["create_migrations"])
            applied = {number for (number,) in connection.execute(self._sql["applied_migrations"])}
            for migration in migrations("postgres"):
                if migration.number not in applied:
                    connection.execute(migration.sql)
                    connection.execute(self._sql["record_migration"], (migration.number, migration.name))

    def _conninfo(self) -> str:
        try:
            url = self._read_url().replace("postgresql+psycopg://", "postgresql://", 1)
            given = conninfo_to_dict(url)
        except ConfigurationError as error:
            raise StoreUnavailableError(str(error)) from None
        except psycopg.Error:
            # The parser's message quotes what it could not parse, which may be the password.
            raise StoreUnavailableError("the database's URL is not one: postgresql://user:…@host:port/name") from None
        self._name = f"postgresql://{given.get('host', 'local')}:{given.get('port', 5432)}/{given.get('dbname', '')}"
        ours: dict[str, Any] = {
            "application_name": "courier",
            "connect_timeout": CONNECT_SECONDS,
            "tcp_user_timeout": int(self._statement_seconds * 1000),
            "keepalives_idle": 5,
            "options": f"-c statement_timeout={int(self._statement_seconds * 1000)} -c lock_timeout=10000",
        }
        # What the URL itself says goes first.
        return make_conninfo("", **(ours | given))


def _shut(connection: psycopg.Connection) -> None:
    """End both directions of the connection's socket; who waits on it is told that the server is gone."""
    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.fileno())) as copy:
        copy.shutdown(socket.SHUT_RDWR)


def _copy_text(rows: Sequence[PredictionRow]) -> str | None:
    """Rows as COPY reads them, or None when a value has to be escaped: psycopg shall do that, row by row."""
    text = "".join(map(COPY_LINE.__mod__, rows))
    plain = text.count("\n") == len(rows) and text.count("\t") == len(rows) * COPY_LINE.count("\t")
    return text if plain and not any(special in text for special in ("\\", "\r", "None")) else None


def _speaks_of_a_row(error: psycopg.Error) -> bool:
    return isinstance(error, psycopg.DataError | psycopg.IntegrityError) or (error.sqlstate or "").startswith(
        ROW_LIMITS
    )


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__
