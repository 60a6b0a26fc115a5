"""Both stores through one interface and the same tests; and what PostgreSQL does when it is stopped or frozen."""

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
import structlog
from prometheus_client import CollectorRegistry

from courier.errors import RowsRefusedError, StoreUnavailableError
from courier.http.answered import lines_of
from courier.journal.segments import Journal
from courier.landing.landing import Landing
from courier.metrics import Metrics
from courier.records.events import AlertRow, MoveRow, ScoredFileRow
from courier.records.records import FeedbackRow, PredictionRow
from courier.store.isolation import add_isolated
from courier.store.postgres import PostgresStore
from courier.store.postgres_source import PostgresSource
from courier.store.protocol import Answer, QuarantineRow, Store
from courier.store.reader import Reader
from courier.store.sqlite import SqliteStore
from courier.store.sqlite_source import SqliteSource
from courier.store.statements import Dialect, migrations
from tests.unit.courier.journals import BUNDLE, encode, feedback, frame, prediction, write_segment


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


def ask(store: Store, sql: str) -> list[tuple[object, ...]]:
    """Ask a store in SQL that both understand."""
    assert isinstance(store, SqliteStore | PostgresStore)
    return [tuple(row) for row in store._open_connection.execute(sql)]


def test_rows_land_as_they_are_and_only_once(store: Store) -> None:
    rows = [GOOD._replace(id=row_id(n)) for n in range(3)]
    with store.transaction():
        assert store.add_predictions(rows) == 3
    with store.transaction():
        assert store.add_predictions([*rows, GOOD._replace(id=row_id(9)), GOOD._replace(id=row_id(9))]) == 1

    assert store.counts().predictions == 4
    ((label, features, latency, landed),) = ask(
        store, f"SELECT label, features, latency_ms, landed_at FROM predictions WHERE id = '{row_id(0)}'"
    )
    assert (label, latency) == (GOOD.label, GOOD.latency_ms)
    assert landed is not None
    assert (json.loads(features) if isinstance(features, str) else features) == json.loads(GOOD.features)


def test_both_stores_know_their_size_on_disk(store: Store) -> None:
    assert store.size() > 4096


@pytest.mark.parametrize("key", [None, "team", "None", "\\N"])
def test_the_name_of_the_key_lands_and_none_stays_none(store: Store, key: str | None) -> None:
    with store.transaction():
        row = GOOD._replace(api_key=key, label="plain", features="{}", shadow_of=row_id(7))
        assert store.add_predictions([row]) == 1

    assert ask(store, "SELECT api_key, trace_id, CAST(shadow_of AS text) FROM predictions") == [(key, None, row_id(7))]


@pytest.mark.parametrize(
    "text", ["plain", "tab\t", "line\n", "return\r", "back\\slash", "\\N", "\\.", "None", "größe 😀", "100%s"]
)
def test_texts_land_letter_by_letter_whatever_they_hold(store: Store, text: str) -> None:
    rows = [GOOD._replace(id=row_id(n), label=text, request_id=text, features="{}") for n in range(2)]
    with store.transaction():
        assert store.add_predictions(rows) == 2

    assert ask(store, "SELECT label, request_id FROM predictions") == [(text, text)] * 2


def test_feedback_said_again_is_one_row_of_the_newer_time_and_the_last_word_is_the_last_one_said(store: Store) -> None:
    def said(id_: int, label: str, minute: int) -> FeedbackRow:
        return FEEDBACK._replace(id=row_id(id_), label=label, at=f"2026-11-22T10:{minute:02d}:00.000000+00:00")

    for rows in ([said(901, "setosa", 1), said(901, "setosa", 0)], [said(902, "virginica", 2)]):
        with store.transaction():
            assert [row.id for row in store.add_feedback(rows)] == [rows[0].id]
    assert ask(store, "SELECT label FROM latest_feedback") == [("virginica",)]
    with store.transaction():
        assert store.add_feedback([said(901, "setosa", 3), said(901, "setosa", 1)]) == []
    with store.transaction():
        # the same batch once more, as after a lost cursor
        assert store.add_feedback([said(901, "setosa", 1), said(902, "virginica", 2)]) == []
    assert ask(store, "SELECT label FROM latest_feedback") == [("setosa",)]
    assert store.counts().feedback == 2


def test_feedback_gives_back_what_is_new(store: Store) -> None:
    other = FEEDBACK._replace(id=row_id(901))
    with store.transaction():
        assert store.add_feedback([FEEDBACK, FEEDBACK]) == [FEEDBACK]
    with store.transaction():
        assert store.add_feedback([FEEDBACK, other]) == [other]
        assert store.add_predictions([GOOD]) == 1

    (answer,) = store.answers([row_id(0), row_id(1)])
    assert json.loads(answer.probabilities) == json.loads(GOOD.probabilities)
    assert json.loads(answer.features) == json.loads(GOOD.features)
    plain = answer._replace(probabilities="", features="")
    assert plain == Answer(row_id(0), "1", GOOD.label, GOOD.bundle, probabilities="", value=None, features="")
    assert store.counts().feedback == 2


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
def test_a_poison_row_is_isolated_and_all_others_land(store: Store, changes: dict[str, object]) -> None:
    rows = [GOOD._replace(id=row_id(n)) for n in range(1000)]
    rows[617] = rows[617]._replace(**changes)  # type: ignore[arg-type]

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

    assert bytes(ask(store, "SELECT content FROM quarantine WHERE item = -1")[0][0]) == content  # type: ignore[call-overload]


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


ALERT = AlertRow("f1", "2026-11-22T10:00:00+00:00", "firing", "Down", None, '{"a":"é\\\\"}', "{}", None)
FILE = ScoredFileRow(
    row_id(1), "2026-11-22T10:00:00+00:00", "iris_clf", "2", BUNDLE, "a" * 64, "big.csv", "b" * 64, 3, "trainer 0.1.0"
)
MOVE = MoveRow(row_id(1), "2026-11-22T10:00:00+00:00", "iris_clf", "canary", "2", None, 5.0, BUNDLE, "why", "passed")


def test_an_alert_is_one_row_when_it_begins_and_one_when_it_ends(store: Store) -> None:
    ended = ALERT._replace(status="resolved", severity="page", ends_at="2026-11-22T11:00:00+00:00")
    with store.transaction():
        assert store.add_alerts([ALERT, ALERT, ended]) == 2
    with store.transaction():
        assert store.add_alerts([ended, ALERT._replace(starts_at="2026-11-23T10:00:00+00:00")]) == 1
        with pytest.raises(RowsRefusedError), store.transaction():
            store.add_alerts([ALERT._replace(labels="no JSON", fingerprint="f2")])


def test_past_alerts_are_the_model_s_and_the_platform_s_each_with_its_end(store: Store, reader: Reader) -> None:
    ended = ALERT._replace(status="resolved", ends_at="2026-11-22T11:00:00+00:00")
    newer = ALERT._replace(fingerprint="f2", starts_at="2026-11-23T10:00:00+00:00", labels='{"model": "iris_clf"}')
    other = newer._replace(fingerprint="f3", labels='{"model": "another"}')
    with store.transaction():
        store.add_alerts([ALERT, ended, newer, other])
    with reader:
        found = reader.alerts(10)
        assert [(one.began, one.ended) for one in found] == [
            ("2026-11-23T10:00:00+00:00", None),
            (f"{ALERT.starts_at[:19]}+00:00", "2026-11-22T11:00:00+00:00"),
        ]
        assert reader.alerts(1) == found[:1]


def test_a_move_another_courier_reported_by_its_own_clock_is_the_same_move(store: Store, reader: Reader) -> None:
    later, back = "2026-11-22T10:00:01+00:00", "2026-11-22T10:00:09+00:00"
    other = MOVE._replace(id=row_id(2), percent=None, version=None, bundle=None, at=back)
    with store.transaction():
        assert store.add_moves([MOVE, MOVE, MOVE._replace(id=row_id(3), at=later)]) == 1
        assert store.add_moves([other, other._replace(id=row_id(4), at="2026-11-22T10:00:08+00:00")]) == 1
        assert store.add_moves([MOVE._replace(id=row_id(5), at="2026-11-22T10:00:10+00:00")]) == 1
        assert store.add_moves([MOVE._replace(id=row_id(6), variant="shadow")]) == 1

    with reader:
        found = [(move.variant, move.version, move.percent) for move in reader.moves(10)]
        assert len(reader.moves(2)) == 2
    assert found == [("canary", "2", 5.0), ("canary", None, None), ("canary", "2", 5.0), ("shadow", "2", 5.0)]


def test_a_scored_file_that_is_reported_twice_is_one_row(store: Store) -> None:
    later = FILE._replace(at="2026-11-23T10:00:00+00:00")
    with store.transaction():
        assert store.add_scored_files([FILE, later]) == 1
    with store.transaction():
        assert store.add_scored_files([later, FILE._replace(id=row_id(2), rows=2**40)]) == 1
    assert ask(store, "SELECT rows FROM scored_files ORDER BY rows") == [(3,), (2**40,)]
    assert store.prune(datetime.now(UTC) + timedelta(days=1), 100).rows == 2


def test_labelled_rows_come_by_id_with_the_last_word_on_each(store: Store, reader: Reader) -> None:
    words = [
        FEEDBACK._replace(id=row_id(900), prediction_id=row_id(0), label="virginica"),
        FEEDBACK._replace(id=row_id(901), prediction_id=row_id(0), at="2026-11-23T00:00:00+00:00"),
        FEEDBACK._replace(id=row_id(902), prediction_id=row_id(2), label="virginica"),
        FEEDBACK._replace(id=row_id(903), prediction_id=row_id(99)),
    ]
    with store.transaction():
        store.add_predictions([GOOD._replace(id=row_id(n), features='{"a": 1.5}') for n in range(5)])
        store.add_feedback(words)

    with reader:
        found = reader.labelled(row_id(0), row_id(100), 10)
        assert [row.prediction_id for row in reader.labelled(row_id(1), row_id(99), 10)] == [row_id(2)]
        assert [row.prediction_id for row in reader.labelled(row_id(0), row_id(100), 2)] == [row_id(99), row_id(2)]
    assert [(row.prediction_id, row.predicted, row.label) for row in found] == [
        (row_id(99), None, "setosa"),
        (row_id(2), GOOD.label, "virginica"),
        (row_id(0), GOOD.label, "setosa"),
    ]
    assert json.loads(found[1].features) == {"a": 1.5}
    assert found[1].at == GOOD.at


def test_answers_come_by_id_as_lines_with_the_last_word_and_without_shadows(store: Store, reader: Reader) -> None:
    rows = [GOOD._replace(id=row_id(n), features='{"a": 1.5}') for n in range(4)]
    with store.transaction():
        store.add_predictions([*rows[:3], rows[3]._replace(variant="shadow")])
        store.add_feedback([FEEDBACK._replace(id=row_id(900), prediction_id=row_id(2), label="virginica")])
    with reader:
        found = reader.answered(row_id(0), row_id(100), 10)
        assert len(reader.answered(row_id(0), row_id(100), 1)) == 1
    lines = [json.loads(line) for line in lines_of(found).splitlines()]
    assert [line[0] for line in lines] == [row_id(1), row_id(2)]
    assert [(line[3], line[4], line[7]) for line in lines] == [
        ({"a": 1.5}, GOOD.label, None),
        ({"a": 1.5}, GOOD.label, "virginica"),
    ]


def test_one_model_reads_nothing_of_another_in_the_same_store(store: Store, reader: Reader) -> None:
    rows = [GOOD._replace(id=row_id(n), model="bikes" if n % 2 else "iris_clf") for n in range(1, 5)]
    with store.transaction():
        store.add_predictions(rows)
        store.add_feedback([FEEDBACK._replace(id=row_id(900 + n), prediction_id=row_id(n)) for n in range(1, 5)])
        store.add_moves([MOVE, MOVE._replace(id=row_id(2), model="bikes", at="2026-11-22T11:00:00+00:00")])
    bikes = Reader(reader._source, "bikes")
    for one, ids in ((reader, [row_id(2), row_id(4)]), (bikes, [row_id(1), row_id(3)])):
        with one:
            labelled = one.labelled(row_id(0), row_id(100), 10)
            assert [row.prediction_id for row in labelled if row.features is not None] == ids[::-1]
            assert [row.id for row in one.answered(row_id(0), row_id(100), 10)] == ids
            assert [row.model for row in one.moves(10)] == [one._model]
            assert [(row.model, row.predictions, row.judged) for row in one.quality()] == [(one._model, 2, 2)]
            assert len(one.predictions(row_id(0), row_id(100), 10)) == 4, "an export is of the whole store"


def test_who_reads_can_not_write(store: Store, reader: Reader) -> None:
    source = reader._source
    assert isinstance(source, SqliteSource | PostgresSource)
    source._sql["spoil"] = "DELETE FROM predictions"
    with reader, pytest.raises(StoreUnavailableError, match=r"read-?only"):
        source.ask("spoil", {})


def test_feedback_on_a_prediction_judges_its_shadow_too(store: Store) -> None:
    shadow = GOOD._replace(id=row_id(7), version="3", variant="shadow", label="virginica", shadow_of=row_id(0))
    with store.transaction():
        store.add_predictions([GOOD])
        store.add_predictions([shadow, shadow._replace(id=row_id(8), shadow_of=row_id(1))])
        store.add_feedback([FEEDBACK._replace(label="virginica")])
    found = ask(store, "SELECT variant, predictions, judged, correct FROM quality_by_version_and_day ORDER BY variant")
    assert found == [("production", 1, 1, int(GOOD.label == "virginica")), ("shadow", 2, 1, 1)]


def test_quality_takes_the_last_word_on_each_prediction_by_version_and_day(store: Store) -> None:
    rows = [
        GOOD._replace(id=row_id(n), label="setosa", version=str(1 + n // 3), at=f"2026-11-2{n // 3}T23:59:59+00:00")
        for n in range(6)
    ]
    words = [
        FEEDBACK._replace(id=row_id(900), prediction_id=row_id(0), label="virginica"),
        FEEDBACK._replace(id=row_id(901), prediction_id=row_id(0), at="2026-11-23T00:00:00+00:00"),
        FEEDBACK._replace(id=row_id(902), prediction_id=row_id(1), label="virginica"),
        FEEDBACK._replace(id=row_id(903), prediction_id=row_id(99)),
    ]
    with store.transaction():
        store.add_predictions(rows)
        store.add_feedback(words)

    found = ask(
        store,
        "SELECT version, CAST(day AS text), predictions, judged, correct, accuracy"
        " FROM quality_by_version_and_day ORDER BY version",
    )
    assert found == [("1", "2026-11-20", 3, 2, 1, 0.5), ("2", "2026-11-21", 3, 0, 0, None)]


def test_pruning_takes_what_landed_before_a_while_at_a_time_and_spares_the_rest(store: Store) -> None:
    new = str(UUID(int=time.time_ns() // 10**6 << 80 | 7 << 76 | 8 << 60))
    # What came with a wrong clock is as old as its landing.
    late = GOOD._replace(id="00000000-0000-7000-8000-000000000001", at="1970-01-01T00:00:00+00:00")
    now = datetime.now(UTC)
    with store.transaction():
        store.add_predictions([GOOD._replace(id=new, at=now.isoformat(timespec="microseconds")), late])
        store.add_feedback([FEEDBACK._replace(id=row_id(n)) for n in range(5)])
        store.add_quarantine([QuarantineRow("0-01", 17, -1, "damaged", b"")])
        store.add_alerts([ALERT])
        store.add_moves([MOVE])
    assert store.prune(now - timedelta(hours=1), 100).rows == 0
    assert store.prune(datetime(1, 1, 1, tzinfo=UTC), 100) == ([], 0)
    assert store.counts() == (2, 5, 1)

    # A month from now all of it is old, and the month that is running is none that is over.
    later = now + timedelta(days=32)
    rows: list[int] = []
    while not rows or rows[-1]:
        rows.append(store.prune(later, 2).rows)

    assert rows[0] < sum(rows)
    assert store.counts() == (0, 0, 0)
    assert ask(store, "SELECT count(*) FROM alerts") == [(0,)]
    assert ask(store, "SELECT count(*) FROM model_moves") == [(1,)]


def test_a_journal_with_everything_in_it_lands_once_however_often_it_is_read(store: Store, tmp_path: Path) -> None:
    content = (
        encode(prediction([row_id(n) for n in range(100)], variant="canary"), feedback(row_id(3)))
        + encode(prediction([row_id(100)], kind="shadow", variant="shadow"))
        + encode(prediction([row_id(102), "no uuid", row_id(101)], labels=[9, 0, 0]))
        + b"damage"
        + frame(b'{"kind":"unknown"}')
        + encode(feedback("no uuid"), feedback(row_id(100)))
    )
    metrics = Metrics(CollectorRegistry())
    for _ in range(3):
        write_segment(tmp_path / "journal", content)
        landing = Landing(Journal(tmp_path / "journal"), store, metrics, structlog.get_logger(), 0.5)
        assert landing.finish(30)

    assert store.counts() == (102, 2, 5)
    kept = ask(store, "SELECT item, reason FROM quarantine ORDER BY position, item")
    assert [item for item, _ in kept] == [0, 1, -1, -1, 0]
    value = metrics.registry.get_sample_value
    assert value("records_landed_total", {"kind": "prediction"}) == 101
    assert value("records_landed_total", {"kind": "shadow"}) == 1
    assert value("records_landed_total", {"kind": "feedback"}) == 2
    assert value("records_quarantined_total") == 5
    assert value("feedback_total", {"version": "1", "outcome": "correct"}) == 2


def test_a_store_that_is_not_there_is_unavailable_and_named_without_its_password(tmp_path: Path) -> None:
    postgres = PostgresStore(lambda: "postgresql://courier:s3cret@127.0.0.1:1/audit")
    with pytest.raises(StoreUnavailableError) as error:
        postgres.open()
    assert "s3cret" not in f"{error.value} {postgres.name}"
    with pytest.raises(StoreUnavailableError, match="is not one") as error:
        PostgresStore(lambda: "s3cret that is no url").open()
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
