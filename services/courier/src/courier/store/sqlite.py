"""The audit in a SQLite file: the embedded default."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import orjson

from courier.errors import RowsRefusedError, StoreUnavailableError
from courier.records.events import AlertRow, MoveRow, ScoredFileRow
from courier.records.records import REQUIRED, FeedbackRow, PredictionRow, without_optional
from courier.store.protocol import Answer, Counts, LedgerEntry, Pruned, QuarantineRow
from courier.store.reader_priority import ReaderPriority
from courier.store.statements import migrations, split, statements

BUSY_SECONDS = 5.0


class SqliteStore:
    """One writer on one file.

    The rollback journal with full syncs, not WAL: Debian's SQLite still has the WAL-reset bug (fixed in 3.51.3), and
    with one writer and a transaction per batch there is nothing to gain from it.
    """

    def __init__(self, path: Path, turns: ReaderPriority | None = None) -> None:
        self._path = path
        self._turns = turns or ReaderPriority()
        self._sql = statements("sqlite")
        self._connection: sqlite3.Connection | None = None

    @property
    def name(self) -> str:
        return f"sqlite:{self._path}"

    def open(self) -> None:
        if self._connection is not None:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreUnavailableError(f"{self.name}: {error}") from error
        with _translated(self.name):
            self._connection = sqlite3.connect(
                self._path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._connection.execute("PRAGMA journal_mode = TRUNCATE").fetchone()
            self._connection.execute("PRAGMA synchronous = FULL")
            # Room for the pages that a batch touches in the index of request ids, which come in no order.
            self._connection.execute("PRAGMA cache_size = -65536")
        self._migrate()

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def abort(self) -> None:
        connection = self._connection
        if connection is not None:
            connection.interrupt()

    def ping(self) -> None:
        with _translated(self.name):
            self._open_connection.execute(self._sql["applied_migrations"]).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        connection = self._open_connection
        nested = connection.in_transaction
        if not nested:
            self._turns.let_in()
        with _translated(self.name):
            connection.execute("SAVEPOINT part" if nested else self._sql["begin"])
        try:
            yield
            with _translated(self.name):
                connection.execute("RELEASE part" if nested else "COMMIT")
        except BaseException:
            # A full disk or an interrupt may have ended the transaction already.
            if connection.in_transaction:
                with _translated(self.name):
                    if nested:
                        connection.execute("ROLLBACK TO part")
                        connection.execute("RELEASE part")
                    else:
                        connection.execute("ROLLBACK")
            raise

    def add_predictions(self, rows: Sequence[PredictionRow]) -> int:
        with _translated(self.name):
            if without_optional(rows):
                landed = (datetime.now(UTC).isoformat(timespec="microseconds"),)
                bare = [row[: len(REQUIRED)] + landed for row in rows]
                return self._open_connection.executemany(self._sql["insert_bare"], bare).rowcount
            return self._open_connection.executemany(self._sql["insert_prediction"], rows).rowcount

    def add_feedback(self, rows: Sequence[FeedbackRow]) -> list[FeedbackRow]:
        with _translated(self.name):
            connection, new = self._open_connection, []
            for row in rows:
                if connection.execute(self._sql["insert_feedback"], row).rowcount == 1:
                    new.append(row)
                else:
                    connection.execute(self._sql["repeat_feedback"], row)
            return new

    def add_alerts(self, rows: Sequence[AlertRow]) -> int:
        with _translated(self.name):
            return self._open_connection.executemany(self._sql["insert_alert"], rows).rowcount

    def add_moves(self, rows: Sequence[MoveRow]) -> int:
        with _translated(self.name):
            return self._open_connection.executemany(self._sql["insert_move"], rows).rowcount

    def add_scored_files(self, rows: Sequence[ScoredFileRow]) -> int:
        with _translated(self.name):
            return self._open_connection.executemany(self._sql["insert_scored_file"], rows).rowcount

    def add_quarantine(self, rows: Sequence[QuarantineRow]) -> int:
        with _translated(self.name):
            return self._open_connection.executemany(self._sql["insert_quarantine"], rows).rowcount

    def note_segments(self, starts: Mapping[str, int], entries: Sequence[LedgerEntry], finished: Sequence[str]) -> None:
        with _translated(self.name):
            connection = self._open_connection
            for segment, position in starts.items():
                connection.execute(self._sql["forget_batch"], {"segment": segment, "position": position})
            connection.executemany(self._sql["note_batch"], [(*row, row.segment) for row in entries])
            for segment in finished:
                connection.execute(self._sql["note_finished"], {"segment": segment})
                connection.execute(self._sql["forget_parts"], {"segment": segment})

    def answers(self, prediction_ids: Sequence[str]) -> list[Answer]:
        ids = orjson.dumps(prediction_ids).decode()
        with _translated(self.name):
            return [Answer(*row) for row in self._open_connection.execute(self._sql["answers"], (ids,))]

    def make_months(self) -> list[str]:
        return []

    def prune(self, before: datetime, most: int) -> Pruned:
        limits = {"before": before.astimezone(UTC).isoformat(timespec="microseconds"), "most": most}
        rows = 0
        for table in ("predictions", "feedback", "quarantine", "alerts", "scored_files", "segments"):
            with self.transaction(), _translated(self.name):
                rows += self._open_connection.execute(self._sql[f"delete_{table}"], limits).rowcount
        return Pruned([], rows)

    def counts(self) -> Counts:
        with _translated(self.name):
            return Counts(*self._open_connection.execute(self._sql["counts"]).fetchone())

    def size(self) -> int:
        total = 0
        for ending in ("", "-journal", "-wal"):
            try:
                total += self._path.with_name(self._path.name + ending).stat().st_size
            except FileNotFoundError:
                continue
            except OSError as error:
                raise StoreUnavailableError(f"{self.name}: {error}") from error
        return total

    @property
    def _open_connection(self) -> sqlite3.Connection:
        if self._connection is None:
            raise StoreUnavailableError(f"{self.name} is not open")
        return self._connection

    def _migrate(self) -> None:
        connection = self._open_connection
        with self.transaction(), _translated(self.name):
            connection.execute(self._sql["create_migrations"])
            applied = {number for (number,) in connection.execute(self._sql["applied_migrations"])}
            for migration in migrations("sqlite"):
                if migration.number not in applied:
                    # executescript would commit first; statements one by one stay inside the transaction.
                    for statement in split(migration.sql):
                        connection.execute(statement)
                    connection.execute(self._sql["record_migration"], (migration.number, migration.name))


@contextmanager
def _translated(name: str) -> Iterator[None]:
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.InterfaceError, OverflowError, UnicodeError) as error:
        raise RowsRefusedError(str(error)) from error
    except sqlite3.ProgrammingError as error:
        # A value of a type SQLite has no column for; anything else of this class would be a bug of ours.
        raise RowsRefusedError(str(error)) if "binding" in str(error) else StoreUnavailableError(str(error)) from error
    except sqlite3.Error as error:
        raise StoreUnavailableError(f"{name}: {error}") from error
