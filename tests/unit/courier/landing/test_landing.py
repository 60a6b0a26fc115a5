"""The order of things when landing: commit, then the cursor, then delete; and what happens when one of them fails."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
import structlog
from prometheus_client import CollectorRegistry

from courier.errors import StoreUnavailableError
from courier.journal.segments import Journal
from courier.landing import batch
from courier.landing.landing import Landing
from courier.metrics import Metrics
from courier.records.records import PredictionRow
from courier.store.sqlite import SqliteStore
from tests.unit.courier.journals import encode, feedback, frame, open_writer, prediction, write_segment

IDS = [f"01939c00-0000-7000-8000-00000000000{n}" for n in range(5)]


class FailingStore(SqliteStore):
    """A real store that fails at a given step."""

    fail_at: str | None = None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        outermost = not self._open_connection.in_transaction
        with super().transaction():
            yield
            self._maybe_fail("commit" if outermost else None)
        self._maybe_fail("after commit" if outermost else None)

    def add_predictions(self, rows: Sequence[PredictionRow]) -> int:
        self._maybe_fail("insert")
        return super().add_predictions(rows)

    def _maybe_fail(self, step: str | None) -> None:
        if step is not None and step == self.fail_at:
            raise StoreUnavailableError(f"the store fails at: {step}")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FailingStore]:
    store = FailingStore(tmp_path / "store.db")
    yield store
    store.close()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(CollectorRegistry())


@pytest.fixture
def landing(tmp_path: Path, store: FailingStore, metrics: Metrics) -> Landing:
    return Landing(Journal(tmp_path / "journal"), store, metrics, structlog.get_logger(), poll_seconds=0.5)


def value(metrics: Metrics, name: str, **labels: str) -> float:
    found = metrics.registry.get_sample_value(name, labels)
    assert found is not None, f"{name} {labels} is not measured"
    return found


def names(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "journal").iterdir())


@pytest.mark.parametrize("step", ["insert", "commit", "after commit"])
def test_a_failure_at_any_step_keeps_the_journal_and_the_next_round_lands_each_row_once(
    tmp_path: Path, landing: Landing, store: FailingStore, metrics: Metrics, step: str
) -> None:
    write_segment(tmp_path / "journal", encode(prediction(IDS[:2]), prediction(IDS[2:])))
    before = names(tmp_path)
    store.open()
    store.fail_at = step

    assert landing.work() <= 1
    assert names(tmp_path) == before
    assert value(metrics, "store_up") == 0
    store.fail_at = None
    assert landing.work() == 0.5

    assert store.counts() == (5, 0, 0)
    assert names(tmp_path) == []
    assert value(metrics, "store_up") == 1
    # Rows that had landed before their batch was sent again are not counted a second time.
    assert value(metrics, "records_landed_total", kind="prediction") == (0 if step == "after commit" else 5)


def test_a_live_segment_is_followed_and_deleted_only_when_its_writer_is_gone(
    tmp_path: Path, landing: Landing, store: FailingStore
) -> None:
    path = write_segment(tmp_path / "journal", encode(prediction()))

    with open_writer(path) as writer:
        landing.work()
        assert store.counts().predictions == 1
        writer.write(encode(prediction())[:-3])
        landing.work()
        writer.write(encode(prediction())[-3:])
        landing.work()
        assert path.exists()
    landing.work()

    assert names(tmp_path) == []


def test_a_batch_ends_inside_a_segment_and_the_next_goes_on_from_there(
    tmp_path: Path, landing: Landing, store: FailingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "BATCH_ROWS", 3)
    write_segment(tmp_path / "journal", encode(*(prediction() for _ in range(7))))

    assert [landing.step() for _ in range(3)] == [False, False, True]
    assert store.counts().predictions == 7
    assert names(tmp_path) == []


def test_a_disk_without_room_for_cursors_does_not_stop_landing_or_deleting(
    tmp_path: Path, landing: Landing, store: FailingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "BATCH_ROWS", 2)
    path = write_segment(tmp_path / "journal", encode(*(prediction() for _ in range(5))))
    # A folder in the cursor's place makes every write of it fail, also for root.
    path.with_suffix(".cursor").mkdir()

    with structlog.testing.capture_logs() as events:
        for _ in range(3):
            landing.step()

    assert store.counts().predictions == 5
    assert not path.exists()
    assert "journal housekeeping failed" in {event["event"] for event in events}


def test_what_cannot_be_read_is_kept_in_quarantine_with_its_place(
    tmp_path: Path, landing: Landing, store: FailingStore, metrics: Metrics
) -> None:
    unknown = frame(b'{"kind":"telepathy"}')
    bad_row = encode(prediction([IDS[0], "no uuid", IDS[2]], labels=[7, 0, 0]))
    write_segment(tmp_path / "journal", unknown + b"\x07garbage" + bad_row + encode(prediction())[:-1])

    landing.work()

    connection = store._open_connection
    kept = connection.execute(
        "SELECT position, item, reason, content FROM quarantine ORDER BY position, item"
    ).fetchall()
    assert [(position, item) for position, item, _, _ in kept] == [
        (0, -1),
        (len(unknown), -1),
        (len(unknown) + 8, 0),
        (len(unknown) + 8, 1),
    ]
    assert "telepathy" in kept[0][2]
    assert [content for _, _, _, content in kept[:2]] == [b'{"kind":"telepathy"}', b"\x07garbage"]
    assert IDS[0].encode() in kept[2][3]
    assert b"no uuid" in kept[3][3]
    assert store.counts() == (1, 0, 4)
    assert value(metrics, "records_quarantined_total") == 4
    assert value(metrics, "journal_torn_total") == 1
    assert names(tmp_path) == []


def test_feedback_is_counted_once_by_the_version_that_answered_even_when_it_lands_first(
    tmp_path: Path, landing: Landing, metrics: Metrics
) -> None:
    right, wrong, lost = feedback(IDS[0]), feedback(IDS[1], "virginica"), feedback(IDS[2])
    write_segment(tmp_path / "journal", encode(right, wrong, lost, right), "0-01")
    landing.work()
    write_segment(tmp_path / "journal", encode(prediction(IDS[:2], version="7"), right), "1-02")

    for _ in range(3):
        landing.work()

    assert value(metrics, "feedback_total", version="7", outcome="correct") == 1
    assert value(metrics, "feedback_total", version="7", outcome="incorrect") == 1
    assert value(metrics, "feedback_total", version="unknown", outcome="unknown") == 1
    assert value(metrics, "records_landed_total", kind="feedback") == 3


def test_the_last_drain_lands_and_counts_everything_there_is(
    tmp_path: Path, landing: Landing, store: FailingStore, metrics: Metrics
) -> None:
    write_segment(tmp_path / "journal", encode(prediction(IDS[:1]), feedback(IDS[0])))

    assert landing.finish(5)

    assert store.counts() == (1, 1, 0)
    assert value(metrics, "feedback_total", version="1", outcome="correct") == 1


def test_the_last_drain_gives_up_on_a_store_that_is_down(tmp_path: Path, landing: Landing, store: FailingStore) -> None:
    write_segment(tmp_path / "journal", encode(prediction()))
    store.fail_at = "insert"

    assert not landing.finish(5)
    assert len(names(tmp_path)) == 1
