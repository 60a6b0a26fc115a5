"""Chooses the store: PostgreSQL if the settings have the address of a database, else SQLite."""

from courier.settings import Settings
from courier.store.postgres import PostgresStore
from courier.store.postgres_source import PostgresSource
from courier.store.protocol import Store
from courier.store.reader import Reader
from courier.store.reader_priority import ReaderPriority
from courier.store.sqlite import SqliteStore
from courier.store.sqlite_source import SqliteSource


def make_store(settings: Settings, turns: ReaderPriority | None = None) -> Store:
    """The store that the settings name: SQLite in a file, or PostgreSQL."""
    if settings.embedded:
        return SqliteStore(settings.sqlite_path, turns)
    return PostgresStore(settings.read_database_url)


def make_reader(settings: Settings, turns: ReaderPriority | None = None) -> Reader:
    """Reads from the same store, over a connection of its own."""
    if settings.embedded:
        return Reader(SqliteSource(settings.sqlite_path, turns), settings.model_name)
    return Reader(PostgresSource(settings.read_database_url), settings.model_name)
