"""Trials in both stores: they land with their mark, and no reader of quality, drift or replay sees them."""

from pathlib import Path

import pytest
import structlog
from prometheus_client import CollectorRegistry

from courier.journal.segments import Journal
from courier.landing.landing import Landing
from courier.metrics import Metrics
from courier.store.protocol import Store
from courier.store.reader import Reader
from tests.integration.courier_store.rows import FEEDBACK, GOOD, ask, row_id
from tests.unit.courier.journals import encode, feedback, prediction, write_segment


@pytest.fixture
def judged(store: Store) -> Store:
    """A trial and a counted prediction, both with feedback; the trial's was right."""
    rows = [GOOD._replace(trial=True), GOOD._replace(id=row_id(1))]
    answer = [FEEDBACK._replace(label=GOOD.label), FEEDBACK._replace(id=row_id(901), prediction_id=row_id(1))]
    with store.transaction():
        assert store.add_predictions(rows) == 2
        store.add_feedback(answer)
    return store


def test_the_row_stays_with_its_mark(judged: Store, reader: Reader) -> None:
    with reader:
        rows = reader.predictions(row_id(0).replace("7000", "6000"), row_id(99), 10)
    assert [(row.id, row.trial) for row in rows] == [(row_id(0), True), (row_id(1), None)]
    assert {answer.prediction_id: bool(answer.trial) for answer in judged.answers([row_id(0), row_id(1)])} == {
        row_id(0): True,
        row_id(1): False,
    }


def test_quality_counts_the_other_alone(judged: Store, reader: Reader) -> None:
    with reader:
        (quality,) = reader.quality()
    assert (quality.predictions, quality.judged, quality.correct) == (1, 1, 0)
    assert ask(judged, "SELECT count(*) FROM error_by_version_and_day") == [(0,)]


def test_training_status_and_replay_read_the_other_alone(judged: Store, reader: Reader) -> None:
    with reader:
        labelled = reader.labelled(row_id(0), row_id(99), 10)
        answered = reader.answered(row_id(0).replace("7000", "6000"), row_id(99), 10)
    assert [row.prediction_id for row in labelled if row.features is not None] == [row_id(1)]
    assert [row.id for row in answered] == [row_id(1)]


def test_feedback_on_a_trial_is_not_counted(tmp_path: Path, store: Store) -> None:
    metrics = Metrics(CollectorRegistry())
    journal = Journal(tmp_path / "journal")
    trial, plain = prediction([row_id(0)]), prediction([row_id(1)])
    trial["trial"] = True
    found = [feedback(row_id(n)) for n in range(2)]
    write_segment(tmp_path / "journal", encode(trial, plain, *found))
    landing = Landing(journal, store, metrics, structlog.get_logger(), poll_seconds=0.5)
    assert landing.finish(10.0)
    counted = {
        tuple(sample.labels.values()): sample.value
        for family in metrics.landing.feedback.collect()
        for sample in family.samples
        if sample.name.endswith("_total") and sample.value
    }
    assert sum(counted.values()) == 1
    assert ask(store, "SELECT count(*) FROM feedback") == [(2,)]
