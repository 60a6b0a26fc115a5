"""A store that is gone, frozen or shared: the wait ends by a deadline, and nothing half done stays."""

import os
import signal
import threading
from pathlib import Path

import psycopg
import pytest

from courier.errors import StoreUnavailableError
from courier.store.isolation import add_isolated
from courier.store.postgres import PostgresStore
from courier.store.sqlite import SqliteStore
from courier.store.statements import migrations
from tests.integration.courier_store.rows import GOOD


def test_a_store_that_is_not_there_is_unavailable_and_named_without_its_password(tmp_path: Path) -> None:
    postgres = PostgresStore(lambda: "postgresql://courier:s3cret@127.0.0.1:1/audit")
    with pytest.raises(StoreUnavailableError) as error:
        postgres.open()
    assert "s3cret" not in f"{error.value} {postgres.name}"
    with pytest.raises(StoreUnavailableError, match="is not one") as error:
        PostgresStore(lambda: "s3cret, not an address").open()
    assert "s3cret" not in str(error.value)

    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailableError, match="file"):
        SqliteStore(tmp_path / "file" / "predictions.db").open()


def test_a_lost_connection_is_no_poison_row(postgres_url: str) -> None:
    store = PostgresStore(lambda: postgres_url)
    store.open()
    with pytest.raises(StoreUnavailableError), store.transaction():
        pid = store._open_connection.info.backend_pid
        with psycopg.connect(postgres_url, autocommit=True) as admin:
            admin.execute("SELECT pg_terminate_backend(%s)", [pid])
        add_isolated(store, [GOOD, GOOD._replace(latency_ms=-1.0)], store.add_predictions)
    store.close()

    store.open()
    assert store.counts() == (0, 0, 0)
    store.close()


def test_a_frozen_server_ends_the_wait_by_the_deadline_and_nothing_half_done_stays(postgres_url: str) -> None:
    store = PostgresStore(lambda: postgres_url, statement_seconds=0.5)
    store.open()
    pid = store._open_connection.info.backend_pid
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(StoreUnavailableError), store.transaction():
            store.add_predictions([GOOD])
    finally:
        store.close()
        os.kill(pid, signal.SIGCONT)

    store.open()
    assert store.counts().predictions == 0
    store.close()


def test_a_wait_for_a_frozen_server_can_be_broken_off(postgres_url: str) -> None:
    store = PostgresStore(lambda: postgres_url)
    store.open()
    pid = store._open_connection.info.backend_pid
    os.kill(pid, signal.SIGSTOP)
    try:
        threading.Timer(0.2, store.abort).start()
        with pytest.raises(StoreUnavailableError):
            store.ping()
    finally:
        store.close()
        os.kill(pid, signal.SIGCONT)


def test_couriers_that_start_together_migrate_once(postgres_url: str) -> None:
    failures: list[BaseException] = []

    def start() -> None:
        store = PostgresStore(lambda: postgres_url)
        try:
            store.open()
        except BaseException as error:
            failures.append(error)
        store.close()

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("SELECT count(*) FROM schema_migrations").fetchone() == (len(migrations("postgres")),)
