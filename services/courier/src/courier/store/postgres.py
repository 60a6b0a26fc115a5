"""The audit in PostgreSQL, through psycopg 3."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from courier.records.events import AlertRow, MoveRow, ScoredFileRow
from courier.records.records import OPTIONAL, REQUIRED, FeedbackRow, PredictionRow, without_optional
from courier.store.postgres_connection import STATEMENT_SECONDS, PostgresConnection
from courier.store.protocol import Answer, Counts, LedgerEntry, Pruned, QuarantineRow
from courier.store.statements import migrations, statements

MIGRATION_SECONDS = 3600.0

COPY_LINE = "\t".join(["%s"] * len(PredictionRow._fields)) + "\n"
# Takes the last columns and writes nothing of them.
COPY_BARE_LINE = "\t".join(["%s"] * len(REQUIRED)) + "%.0s" * len(OPTIONAL) + "\n"


class PostgresStore(PostgresConnection):
    """The writing side."""

    def __init__(self, read_url: Callable[[], str], *, statement_seconds: float = STATEMENT_SECONDS) -> None:
        super().__init__(read_url, statement_seconds=statement_seconds)
        self._sql = statements("postgres")

    def open(self) -> None:
        if self.connected:
            return
        self.connect()
        self._migrate()
        with self._step() as connection:
            connection.execute(self._sql["create_staging"])

    def add_predictions(self, rows: Sequence[PredictionRow]) -> int:
        bare = without_optional(rows)
        text = _copy_text(rows, COPY_BARE_LINE if bare else COPY_LINE)
        with self._step() as connection, connection.cursor() as cursor:
            with cursor.copy(self._sql["stage_bare" if bare and text is not None else "stage_predictions"]) as copy:
                if text is not None:
                    copy.write(text)
                else:
                    for row in rows:
                        copy.write_row(row)
            return cursor.execute(self._sql["merge_predictions"]).rowcount

    def add_feedback(self, rows: Sequence[FeedbackRow]) -> list[FeedbackRow]:
        with self._step() as connection:
            columns = [list(column) for column in zip(*rows, strict=True)]
            new = {id_ for id_, is_new in connection.execute(self._sql["insert_feedback"], columns) if is_new}
        # A batch may hold the same feedback twice; it is new once.
        return [row for row in {row.id: row for row in rows}.values() if row.id in new]

    def add_alerts(self, rows: Sequence[AlertRow]) -> int:
        return self._insert("insert_alert", rows)

    def add_moves(self, rows: Sequence[MoveRow]) -> int:
        return self._insert("insert_move", rows)

    def add_scored_files(self, rows: Sequence[ScoredFileRow]) -> int:
        return self._insert("insert_scored_file", rows)

    def add_quarantine(self, rows: Sequence[QuarantineRow]) -> int:
        return self._insert("insert_quarantine", rows)

    def note_segments(self, starts: Mapping[str, int], entries: Sequence[LedgerEntry], finished: Sequence[str]) -> None:
        with self._step() as connection, connection.cursor() as cursor:
            for segment, position in starts.items():
                cursor.execute(self._sql["forget_batch"], {"segment": segment, "position": position})
            if entries:
                cursor.executemany(self._sql["note_batch"], [(*row, row.segment) for row in entries])
            for segment in finished:
                cursor.execute(self._sql["note_finished"], {"segment": segment})
                cursor.execute(self._sql["forget_parts"], {"segment": segment})

    def answers(self, prediction_ids: Sequence[str]) -> list[Answer]:
        with self._step() as connection:
            return [Answer(*row) for row in connection.execute(self._sql["answers"], (list(prediction_ids),))]

    def make_months(self) -> list[str]:
        with self.transaction(), self._step() as connection:
            connection.execute(self._sql["without_waiting"])
            connection.execute(self._sql["lock_migrations"])
            return [month for (month,) in connection.execute(self._sql["make_months"])]

    def prune(self, before: datetime, most: int) -> Pruned:
        with self.transaction(), self._step() as connection:
            connection.execute(self._sql["without_waiting"])
            connection.execute(self._sql["lock_migrations"])
            months = [name for (name,) in connection.execute(self._sql["drop_months"], {"before": before})]
        rows = 0
        for table in ("feedback", "quarantine", "alerts", "scored_files", "segments"):
            with self._step() as connection:
                deleted = connection.execute(self._sql[f"delete_{table}"], {"before": before, "most": most})
                rows += deleted.rowcount
        with self._step() as connection:
            deleted = connection.execute(self._sql["delete_predictions"], {"before": before, "most": most})
            return Pruned(months, rows + deleted.fetchall()[0][0])

    def counts(self) -> Counts:
        with self._step() as connection:
            predictions, feedback, quarantine = connection.execute(self._sql["counts"]).fetchall()[0]
            return Counts(predictions, feedback, quarantine)

    def size(self) -> int:
        with self._step() as connection:
            size: int = connection.execute(self._sql["size"]).fetchall()[0][0]
            return size

    def _insert(self, statement: str, rows: Sequence[tuple[object, ...]]) -> int:
        with self._step() as connection, connection.cursor() as cursor:
            cursor.executemany(self._sql[statement], rows)
            return cursor.rowcount

    def _migrate(self) -> None:
        with self.transaction(), self._step(MIGRATION_SECONDS) as connection:
            connection.execute(self._sql["without_haste"])
            connection.execute(self._sql["lock_migrations"])
            connection.execute(self._sql["create_migrations"])
            applied = {number for (number,) in connection.execute(self._sql["applied_migrations"])}
            for migration in migrations("postgres"):
                if migration.number not in applied:
                    connection.execute(migration.sql)
                    connection.execute(self._sql["record_migration"], (migration.number, migration.name))


def _copy_text(rows: Sequence[PredictionRow], line: str) -> str | None:
    """Rows as COPY reads them, or None when a value has to be escaped: psycopg shall do that, row by row."""
    text = "".join(map(line.__mod__, rows))
    plain = text.count("\n") == len(rows) and text.count("\t") == len(rows) * line.count("\t")
    if not plain or "\\" in text or "\r" in text:
        return None
    if "None" not in text:
        return text
    # A missing value is written "None"; a text "None" of somebody's looks the same from here on.
    missing = sum([row.count(None) for row in rows])
    return text.replace("None", "\\N") if text.count("None") == missing and line == COPY_LINE else None
