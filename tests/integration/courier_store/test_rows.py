"""Rows land in both stores as they are, and once."""

import json
from pathlib import Path

import pytest
import structlog
from prometheus_client import CollectorRegistry

from courier.journal.segments import Journal
from courier.landing.landing import Landing
from courier.metrics import Metrics
from courier.records.records import FeedbackRow
from courier.store.protocol import Answer, Store
from tests.integration.courier_store.rows import FEEDBACK, GOOD, ask, row_id
from tests.unit.courier.journals import encode, feedback, frame, prediction, write_segment


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


def test_feedback_sent_twice_is_one_row_of_the_newer_time_and_the_newest_counts(store: Store) -> None:
    def message(id_: int, label: str, minute: int) -> FeedbackRow:
        return FEEDBACK._replace(id=row_id(id_), label=label, at=f"2026-11-22T10:{minute:02d}:00.000000+00:00")

    for rows in ([message(901, "setosa", 1), message(901, "setosa", 0)], [message(902, "virginica", 2)]):
        with store.transaction():
            assert [row.id for row in store.add_feedback(rows)] == [rows[0].id]
    assert ask(store, "SELECT label FROM latest_feedback") == [("virginica",)]
    with store.transaction():
        assert store.add_feedback([message(901, "setosa", 3), message(901, "setosa", 1)]) == []
    with store.transaction():
        # the same batch once more, as after a lost cursor
        assert store.add_feedback([message(901, "setosa", 1), message(902, "virginica", 2)]) == []
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
