"""Predictions by month in PostgreSQL: an old table becomes one without loss, and an id is in one place, once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from courier.errors import StoreUnavailableError
from courier.identifiers import first_id_at
from courier.records.records import PredictionRow
from courier.store.postgres import PostgresStore
from courier.store.statements import migrations
from tests.integration.courier_store.rows import GOOD

NOW = datetime.now(UTC)
# Those there were before the months; later ones come after them.
COLUMNS = PredictionRow._fields[: PredictionRow._fields.index("shadow_of") + 1]
ALL_ROWS = f"SELECT array_agg(row({', '.join(COLUMNS)}, landed_at)::text ORDER BY id) FROM predictions"
MONTH = datetime(NOW.year, NOW.month, 1, tzinfo=UTC)


def month(ahead: int) -> datetime:
    """The first moment of a month, counted from this one."""
    return datetime(MONTH.year + (MONTH.month - 1 + ahead) // 12, (MONTH.month - 1 + ahead) % 12 + 1, 1, tzinfo=UTC)


def name_of(moment: datetime) -> str:
    return f"predictions_{moment:%Y_%m}"


def made_at(moment: datetime, number: int = 1) -> PredictionRow:
    """A prediction whose id and time are of that moment."""
    id_ = str(UUID(int=UUID(first_id_at(moment)).int | 7 << 76 | 8 << 60 | number))
    return GOOD._replace(id=id_, at=moment.isoformat(timespec="microseconds"))


@pytest.fixture
def store(postgres_url: str) -> Iterator[PostgresStore]:
    store = PostgresStore(lambda: postgres_url)
    yield store
    store.close()


def land(store: PostgresStore, *rows: PredictionRow) -> int:
    with store.transaction():
        return store.add_predictions(rows)


def places(store: PostgresStore) -> dict[str, int]:
    """How many rows each partition has."""
    found = store._open_connection.execute("SELECT tableoid::regclass::text, count(*) FROM predictions GROUP BY 1")
    return dict(found.fetchall())


def partitions(store: PostgresStore) -> list[str]:
    query = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'predictions'::regclass ORDER BY 1"
    return [name for (name,) in store._open_connection.execute(query)]


def test_a_row_goes_to_its_month_and_one_from_a_wrong_clock_to_the_default(store: PostgresStore) -> None:
    store.open()
    assert partitions(store) == sorted(["predictions_default", *(name_of(month(ahead)) for ahead in range(-1, 4))])
    last = month(1) - timedelta(milliseconds=1)
    odd = [GOOD._replace(id=str(uuid4())) for _ in range(3)]
    assert land(store, made_at(month(0)), made_at(last), made_at(month(1)), made_at(month(-40)), *odd) == 7

    assert places(store) == {name_of(month(0)): 2, name_of(month(1)): 1, "predictions_default": 4}


def test_an_id_lands_once_wherever_it_goes_and_whoever_brings_it(store: PostgresStore) -> None:
    store.open()
    rows = [made_at(month(ahead), number) for ahead in (-50, -1, 0, 1, 90) for number in range(40)]
    other = PostgresStore(store._read_url)
    other.open()
    landed: list[int] = []
    threads = [threading.Thread(target=lambda s=s: landed.append(land(s, *rows))) for s in (store, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()

    assert sum(landed) == 200
    assert land(store, *rows) == 0
    assert store.counts().predictions == 200


def test_a_month_that_is_made_late_takes_its_rows_out_of_the_default_partition(store: PostgresStore) -> None:
    store.open()
    far = [made_at(month(7), number) for number in range(5)]
    land(store, *far, made_at(month(8)))
    with store._step() as connection:
        assert connection.execute("SELECT make_month(%s)", [month(7).date()]).fetchall() == [(True,)]
        assert connection.execute("SELECT make_month(%s)", [month(7).date()]).fetchall() == [(False,)]

    assert places(store) == {name_of(month(7)): 5, "predictions_default": 1}
    assert land(store, *far) == 0
    assert store.counts().predictions == 6


def old_table(url: str, rows: list[PredictionRow]) -> None:
    """The database as a courier from before the months left it."""
    with psycopg.connect(url) as connection:
        connection.execute(
            "CREATE TABLE schema_migrations (number integer PRIMARY KEY, name text NOT NULL,"
            " applied_at timestamptz NOT NULL DEFAULT now())"
        )
        for migration in migrations("postgres")[:3]:
            connection.execute(migration.sql)
            connection.execute("INSERT INTO schema_migrations VALUES (%s, %s)", (migration.number, migration.name))
        places = ", ".join(["%s"] * len(COLUMNS))
        with connection.cursor() as cursor:
            insert = f"INSERT INTO predictions ({', '.join(COLUMNS)}) VALUES ({places})"
            cursor.executemany(insert, [row[: len(COLUMNS)] for row in rows])


def test_an_old_table_becomes_a_partition_without_losing_or_writing_anew_a_row(
    store: PostgresStore, postgres_url: str
) -> None:
    rows = [made_at(NOW - timedelta(days=days), days + 1) for days in range(300)]
    rows += [made_at(month(2)), *(GOOD._replace(id=f"ffff0000-0000-4000-8000-{n:012}") for n in range(7))]
    old_table(postgres_url, rows)
    with psycopg.connect(postgres_url) as connection:
        [(file,)] = connection.execute("SELECT pg_relation_filenode('predictions')").fetchall()
        [(before,)] = connection.execute(ALL_ROWS).fetchall()

    store.open()

    with store._step() as connection:
        [(after,)] = connection.execute(ALL_ROWS).fetchall()
        assert connection.execute("SELECT pg_relation_filenode('predictions_before')").fetchall() == [(file,)]
        [(answered,)] = connection.execute("SELECT sum(predictions) FROM quality_by_version_and_day").fetchall()
    assert after == before
    assert answered == len(rows)
    assert places(store) == {"predictions_before": 300, name_of(month(2)): 1, "predictions_default": 7}
    assert land(store, *rows) == 0
    assert store.make_months() == []


def test_couriers_that_meet_an_old_table_together_turn_it_once(store: PostgresStore, postgres_url: str) -> None:
    rows = [made_at(NOW - timedelta(hours=hours), hours + 1) for hours in range(50)]
    old_table(postgres_url, rows)
    failures: list[BaseException] = []

    def work() -> None:
        mine = PostgresStore(lambda: postgres_url)
        try:
            mine.open()
            land(mine, *rows, made_at(NOW, 77))
        except BaseException as error:
            failures.append(error)
        mine.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    store.open()
    assert store.counts().predictions == 51


def test_months_that_are_over_are_dropped_whole_and_the_old_table_when_all_of_it_is(
    store: PostgresStore, postgres_url: str
) -> None:
    old_table(postgres_url, [made_at(NOW - timedelta(days=days), days + 1) for days in range(3)])
    store.open()
    land(store, made_at(month(1)), made_at(month(2)), made_at(month(30)))

    assert store.prune(month(1) - timedelta(seconds=1), 0).months == []
    assert store.prune(month(1), 0).months == ["predictions_before"]
    assert store.prune(month(2) + timedelta(days=20), 0).months == [name_of(month(1))]
    assert places(store) == {name_of(month(2)): 1, "predictions_default": 1}
    assert store.prune(month(2) + timedelta(days=20), 10) == ([], 1)
    # What still comes from a month that was dropped is kept, and for as long as anything that lands today.
    assert land(store, made_at(month(1))) == 1


def test_somebody_in_the_way_puts_the_work_off_and_holds_up_nobody(store: PostgresStore, postgres_url: str) -> None:
    store.open()
    with psycopg.connect(postgres_url) as reading:
        reading.execute("SELECT count(*) FROM predictions")
        with pytest.raises(StoreUnavailableError, match="lock timeout"):
            store.prune(month(1), 0)
        assert land(store, made_at(NOW)) == 1
    assert store.prune(month(0), 0).months == [name_of(month(-1))]
