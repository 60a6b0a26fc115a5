"""One connection to PostgreSQL: bounded in time, replaced after each failure, its errors sorted by cause."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Timer
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from courier.errors import ConfigurationError, RowsRefusedError, StoreUnavailableError

CONNECT_SECONDS = 2
STATEMENT_SECONDS = 20.0

# SQLSTATE 54: a limit such as the largest index entry. psycopg calls it an operational error, but it is the row's.
ROW_LIMITS = "54"


class PostgresConnection:
    """`read_url` is asked at every connection.

    A server that is there but frozen answers nothing and times out nothing, so each step has a deadline of its own,
    after which the socket is shut under it.
    """

    def __init__(
        self, read_url: Callable[[], str], *, statement_seconds: float = STATEMENT_SECONDS, name: str = "courier"
    ) -> None:
        self._read_url = read_url
        self._statement_seconds = statement_seconds
        self._application = name
        self._connection: psycopg.Connection | None = None
        self._name = "postgresql"

    @property
    def name(self) -> str:
        return self._name

    @property
    def connected(self) -> bool:
        return self._connection is not None

    def connect(self) -> None:
        """Raises StoreUnavailableError."""
        conninfo = self._conninfo()
        try:
            self._connection = psycopg.connect(conninfo, autocommit=True)
        except psycopg.Error as error:
            raise StoreUnavailableError(f"{self.name}: {_first_line(error)}") from None

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

    @property
    def _open_connection(self) -> psycopg.Connection:
        if self._connection is None:
            raise StoreUnavailableError(f"{self.name} is not connected")
        return self._connection

    @contextmanager
    def _step(self, seconds: float | None = None) -> Iterator[psycopg.Connection]:
        """One exchange with the server: bounded in time, with psycopg's errors sorted by cause."""
        connection = self._open_connection
        # The server's own timeout comes first; this one is for a server that can't even tell the time.
        deadline = Timer((seconds or self._statement_seconds) + 2, _shut, [connection])
        deadline.daemon = True
        deadline.start()
        try:
            yield connection
        except psycopg.Error as error:
            # A lost connection is asked first: the row that was being sent then is not at fault.
            if not connection.broken and _speaks_of_a_row(error):
                raise RowsRefusedError(_first_line(error)) from error
            raise StoreUnavailableError(f"{self.name}: {_first_line(error)}") from error
        except UnicodeError as error:
            raise RowsRefusedError(str(error)) from error
        except OSError as error:
            raise StoreUnavailableError(f"{self.name}: {error}") from error
        finally:
            deadline.cancel()

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
        timeout = int(self._statement_seconds * 1000)
        ours: dict[str, Any] = {
            "application_name": self._application,
            "connect_timeout": CONNECT_SECONDS,
            "tcp_user_timeout": timeout,
            "keepalives_idle": 5,
            "options": f"-c statement_timeout={timeout} -c lock_timeout=10000 -c TimeZone=UTC",
        }
        # The URL's own parameters go first.
        return make_conninfo("", **(ours | given))


def _shut(connection: psycopg.Connection) -> None:
    """End both directions of the connection's socket, so that a thread that waits on it sees the server as gone."""
    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.fileno())) as copy:
        copy.shutdown(socket.SHUT_RDWR)


def _speaks_of_a_row(error: psycopg.Error) -> bool:
    if isinstance(error, psycopg.errors.CheckViolation) and error.diag.constraint_name is None:
        # Not a CHECK: while the row was on its way to the default partition, its month got a partition of its own.
        return False
    return isinstance(error, psycopg.DataError | psycopg.IntegrityError) or (error.sqlstate or "").startswith(
        ROW_LIMITS
    )


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__
