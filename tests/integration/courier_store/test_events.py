"""Alerts, moves and scored files land once, whoever reports them."""

from datetime import UTC, datetime, timedelta

import pytest

from courier.errors import RowsRefusedError
from courier.store.protocol import Store
from courier.store.reader import Reader
from tests.integration.courier_store.rows import ALERT, FILE, MOVE, ask, row_id


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
