"""Both stores, empty, through one interface."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from courier.store.postgres import PostgresStore
from courier.store.postgres_source import PostgresSource
from courier.store.protocol import Store
from courier.store.reader import Reader
from courier.store.sqlite import SqliteStore
from courier.store.sqlite_source import SqliteSource


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    store: Store
    if request.param == "sqlite":
        store = SqliteStore(tmp_path / "audit" / "predictions.db")
    else:
        url: str = request.getfixturevalue("postgres_url")
        store = PostgresStore(lambda: url)
    store.open()
    yield store
    store.close()


@pytest.fixture
def reader(store: Store) -> Reader:
    """The reading side of the same store."""
    if isinstance(store, SqliteStore):
        return Reader(SqliteSource(store._path), "iris_clf")
    assert isinstance(store, PostgresStore)
    return Reader(PostgresSource(store._read_url), "iris_clf")
