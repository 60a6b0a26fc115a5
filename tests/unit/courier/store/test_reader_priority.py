"""A reader of the courier's own process gets its turn, however closely transaction follows transaction."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest

from courier.errors import StoreUnavailableError
from courier.store import sqlite_source
from courier.store.reader_priority import ReaderPriority
from courier.store.sqlite import SqliteStore
from courier.store.sqlite_source import SqliteSource


@contextmanager
def landing_without_a_pause(store: SqliteStore, file: Path) -> Iterator[None]:
    """Transactions of 0.2 s that shut the file from their first page on, and 1 ms between two of them."""
    stop, begun = Event(), Event()

    def land() -> None:
        while not stop.is_set():
            with store.transaction():
                # The lock that a cache which spills takes: nobody reads from here to the commit.
                store._open_connection.execute("PRAGMA cache_size = 1")
                store._open_connection.execute("CREATE TABLE IF NOT EXISTS filler (content BLOB)")
                store._open_connection.execute("DELETE FROM filler")
                for _ in range(200):
                    store._open_connection.execute("INSERT INTO filler VALUES (zeroblob(8192))")
                begun.set()
                stop.wait(0.2)

    thread = Thread(target=land, daemon=True)
    thread.start()
    assert begun.wait(10)
    try:
        yield
    finally:
        stop.set()
        thread.join(10)
        store.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "audit.db"


def asked(source: SqliteSource, times: int) -> int:
    """How many of so many questions were answered."""
    answered = 0
    for _ in range(times):
        try:
            source.ask("ping", {})
        except StoreUnavailableError:
            continue
        answered += 1
    return answered


def test_every_question_is_answered_between_two_transactions(file: Path) -> None:
    turns = ReaderPriority()
    store = SqliteStore(file, turns)
    store.open()
    with landing_without_a_pause(store, file):
        assert asked(SqliteSource(file, turns), 8) == 8


def test_without_turns_a_reader_misses_the_moments_between(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_source, "WAIT_SECONDS", 0.6)
    store = SqliteStore(file, ReaderPriority())
    store.open()
    with landing_without_a_pause(store, file):
        assert asked(SqliteSource(file, ReaderPriority()), 8) < 8


def test_a_reader_that_stays_holds_the_writer_for_a_second_only(file: Path) -> None:
    turns = ReaderPriority()
    store = SqliteStore(file, turns)
    store.open()
    with turns.reading(), store.transaction():
        assert store._open_connection.in_transaction
    store.close()
    with sqlite3.connect(file) as connection:
        assert connection.execute("SELECT count(*) FROM schema_migrations").fetchone()[0] > 0
