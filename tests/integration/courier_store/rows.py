"""Rows that every test of a store may land, and a question in SQL."""

from typing import Any

from courier.records.events import AlertRow, MoveRow, ScoredFileRow
from courier.records.records import FeedbackRow, PredictionRow
from courier.store.postgres import PostgresStore
from courier.store.protocol import Store
from courier.store.sqlite import SqliteStore
from tests.unit.courier.journals import BUNDLE


def row_id(number: int) -> str:
    return f"01939c00-0000-7000-8000-{number:012x}"


GOOD = PredictionRow(
    id=row_id(0),
    at="2026-11-22T10:00:00.000000+00:00",
    model="iris_clf",
    version="1",
    variant="production",
    bundle=BUNDLE,
    features='{"sepal_length":5.1,"odd \\"name\\"\\t":1}',
    label="sétosa\\N\n\t",
    probabilities='{"setosa":0.9}',
    latency_ms=0.5,
    request_id="request-1",
)
FEEDBACK = FeedbackRow(row_id(900), row_id(0), "2026-11-22T11:00:00.000000+00:00", "setosa", "test", "request-2")
ALERT = AlertRow("f1", "2026-11-22T10:00:00+00:00", "firing", "Down", None, '{"a":"é\\\\"}', "{}", None)
FILE = ScoredFileRow(
    row_id(1), "2026-11-22T10:00:00+00:00", "iris_clf", "2", BUNDLE, "a" * 64, "big.csv", "b" * 64, 3, "trainer 0.1.0"
)
MOVE = MoveRow(row_id(1), "2026-11-22T10:00:00+00:00", "iris_clf", "canary", "2", None, 5.0, BUNDLE, "why", "passed")


def ask(store: Store, sql: str) -> list[tuple[Any, ...]]:
    """Ask a store in SQL that both understand."""
    assert isinstance(store, SqliteStore | PostgresStore)
    return [tuple(row) for row in store._open_connection.execute(sql)]
