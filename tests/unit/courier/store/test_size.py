"""The audit's size is measured at a low rate, and a large one without a retention is announced once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from courier.errors import StoreUnavailableError
from courier.metrics import Metrics
from courier.store.size import EVERY_SECONDS, WARN_BYTES, StoreSize
from courier.store.sqlite import SqliteStore
from tests.support.clocks import Clock


class Sized(SqliteStore):
    """A real store that says it has another size, or gives no answer."""

    claimed: int | None = 1
    asked = 0

    def size(self) -> int:
        self.asked += 1
        if self.claimed is None:
            raise StoreUnavailableError("the store does not answer")
        return self.claimed


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Sized]:
    store = Sized(tmp_path / "store.db")
    store.open()
    yield store
    store.close()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(CollectorRegistry())


def measured(metrics: Metrics) -> float | None:
    return metrics.registry.get_sample_value("audit_store_bytes", {"store": "sqlite"})


def test_the_size_is_measured_once_a_minute_and_unknown_before(store: Sized, metrics: Metrics) -> None:
    clock = Clock()
    size = StoreSize(store, None, metrics, structlog.get_logger(), clock)
    assert (size.report()["bytes"], measured(metrics)) == (None, None)
    for seconds, asked in ((0, 1), (EVERY_SECONDS - 1, 1), (1, 2)):
        clock.now += seconds
        size.work()
        assert store.asked == asked
    assert (size.report()["bytes"], measured(metrics)) == (1, 1)


def test_a_store_that_does_not_answer_keeps_its_last_size_and_is_asked_again_a_minute_later(
    store: Sized, metrics: Metrics
) -> None:
    clock = Clock()
    size = StoreSize(store, None, metrics, structlog.get_logger(), clock)
    size.work()
    store.claimed = None
    for _ in range(3):
        clock.now += EVERY_SECONDS / 2
        size.work()
    assert store.asked == 2
    assert (size.report()["bytes"], measured(metrics)) == (1, 1)


@pytest.mark.parametrize(
    ("retention", "sizes", "warnings"),
    [
        (None, [WARN_BYTES], 0),
        (None, [WARN_BYTES + 1, WARN_BYTES + 2, WARN_BYTES + 3], 1),
        (None, [WARN_BYTES + 1, 1, WARN_BYTES + 1], 2),
        (30.0, [WARN_BYTES + 1], 0),
    ],
)
def test_one_warning_when_the_size_crosses_the_limit_without_a_retention(
    store: Sized, metrics: Metrics, retention: float | None, sizes: list[int], warnings: int
) -> None:
    clock = Clock()
    with capture_logs() as logs:
        size = StoreSize(store, retention, metrics, structlog.get_logger(), clock)
        for store.claimed in sizes:
            size.work()
            clock.now += EVERY_SECONDS
    assert len(logs) == warnings
    for line in logs:
        assert line["log_level"] == "warning"
        assert "RETENTION_DAYS" in line["event"]
        assert line["bytes"] > WARN_BYTES


@pytest.mark.parametrize(("taken", "free"), [(30, 70), (130, 0)])
def test_the_space_that_a_setting_gives_is_a_volume_of_which_the_rest_is_free(
    store: Sized, metrics: Metrics, taken: int, free: int
) -> None:
    store.claimed = taken
    StoreSize(store, None, metrics, structlog.get_logger(), space_bytes=100).work()
    of = {"volume": "database"}
    assert metrics.registry.get_sample_value("volume_size_bytes", of) == 100
    assert metrics.registry.get_sample_value("volume_free_bytes", of) == free


def test_without_the_setting_there_is_no_such_volume(store: Sized, metrics: Metrics) -> None:
    StoreSize(store, None, metrics, structlog.get_logger()).work()
    assert metrics.registry.get_sample_value("volume_size_bytes", {"volume": "database"}) is None


@pytest.mark.parametrize(("retention", "exported"), [(None, 0), (90.0, 90)])
def test_the_retention_is_exported_and_zero_is_none(
    store: Sized, metrics: Metrics, retention: float | None, exported: float
) -> None:
    StoreSize(store, retention, metrics, structlog.get_logger())
    assert metrics.registry.get_sample_value("audit_retention_days") == exported


def test_the_size_of_a_file_counts_its_journals(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db")
    assert store.size() == 0
    for ending, size in (("", 5), ("-journal", 7), ("-wal", 11), ("-other", 1000)):
        (tmp_path / f"store.db{ending}").write_bytes(b"x" * size)
    assert store.size() == 23
