"""A row that a store refuses is kept apart, and all others land."""

import os
from typing import Any

import pytest

from courier.errors import RowsRefusedError, StoreUnavailableError
from courier.store.isolation import add_isolated
from courier.store.protocol import QuarantineRow, Store
from courier.store.sqlite import SqliteStore
from courier.store.statements import Dialect, migrations
from tests.integration.courier_store.rows import GOOD, ask, row_id


def test_a_transaction_that_fails_leaves_nothing_and_the_store_usable(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.transaction():
        store.add_predictions([GOOD])
        raise ZeroDivisionError
    assert store.counts().predictions == 0

    with store.transaction():
        store.add_predictions([GOOD])
        with pytest.raises(RowsRefusedError), store.transaction():
            store.add_predictions([GOOD._replace(id=row_id(1)), GOOD._replace(id="no uuid")])
        store.add_predictions([GOOD._replace(id=row_id(2))])
    assert store.counts().predictions == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "no uuid"},
        {"id": None},
        {"at": "the day before"},
        {"variant": "experiment"},
        {"latency_ms": -1.0},
        {"label": None},
        {"label": "\ud800"},
    ],
)
def test_a_poison_row_is_isolated_and_all_others_land(store: Store, changes: dict[str, Any]) -> None:
    rows = [GOOD._replace(id=row_id(n)) for n in range(1000)]
    rows[617] = rows[617]._replace(**changes)

    with store.transaction():
        added, refused = add_isolated(store, rows, store.add_predictions)

    assert sum(added) == 999
    assert [index for index, _ in refused] == [617]
    assert refused[0][1]
    assert store.counts().predictions == 999


def test_several_poison_rows_and_nothing_but_poison(store: Store) -> None:
    rows = [GOOD._replace(id=row_id(n), latency_ms=-1.0 if n % 7 == 0 else 1.0) for n in range(50)]
    with store.transaction():
        added, refused = add_isolated(store, rows, store.add_predictions)
        _, all_refused = add_isolated(store, [GOOD._replace(variant="x")] * 5, store.add_predictions)

    assert (sum(added), [index for index, _ in refused]) == (42, list(range(0, 50, 7)))
    assert [index for index, _ in all_refused] == [0, 1, 2, 3, 4]


def test_a_request_id_of_any_length_lands(store: Store) -> None:
    with store.transaction():
        assert store.add_predictions([GOOD._replace(request_id=os.urandom(10_000).hex())]) == 1


def test_quarantine_keeps_bytes_as_they_are_and_once(store: Store) -> None:
    content = bytes(range(256))
    rows = [QuarantineRow("0-01", 17, -1, "damaged", content), QuarantineRow("0-01", 17, 0, "row", b"{}")]
    for expected in (2, 0):
        with store.transaction():
            assert store.add_quarantine(rows) == expected

    assert bytes(ask(store, "SELECT content FROM quarantine WHERE item = -1")[0][0]) == content


def test_opening_again_migrates_nothing_and_keeps_everything(store: Store) -> None:
    with store.transaction():
        store.add_predictions([GOOD])
    applied = ask(store, "SELECT number, applied_at FROM schema_migrations ORDER BY number")
    store.close()
    with pytest.raises(StoreUnavailableError, match="not"):
        store.ping()

    store.open()

    dialect: Dialect = "sqlite" if isinstance(store, SqliteStore) else "postgres"
    assert [number for number, _ in applied] == [migration.number for migration in migrations(dialect)]
    assert ask(store, "SELECT number, applied_at FROM schema_migrations ORDER BY number") == applied
    assert store.counts().predictions == 1
