"""Upkeep: a little at a time, and never in the way of landing."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog

from courier.errors import StoreUnavailableError
from courier.store.protocol import Pruned
from courier.store.sqlite import SqliteStore
from courier.store.upkeep import AGAIN_SECONDS, EVERY_SECONDS, Upkeep, oldest_kept
from tests.support.clocks import Clock


class Busy(SqliteStore):
    """A real store that counts how often it is asked, and can have somebody in the way."""

    asked = 0
    busy = False
    left = 0

    def make_months(self) -> list[str]:
        self.asked += 1
        if self.busy:
            raise StoreUnavailableError("somebody is in the way")
        return super().make_months()

    def prune(self, before: datetime, most: int) -> Pruned:
        super().prune(before, most)
        self.left, rows = max(0, self.left - most), min(self.left, most)
        return Pruned([], rows)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Busy]:
    store = Busy(tmp_path / "store.db")
    store.open()
    yield store
    store.close()


def test_it_works_at_the_start_then_every_hour_and_sooner_when_somebody_was_in_the_way(store: Busy) -> None:
    clock = Clock()
    upkeep = Upkeep(store, None, structlog.get_logger(), clock)
    for seconds, busy, asked in (
        (0, False, 1),
        (EVERY_SECONDS - 1, False, 1),
        (1, True, 2),
        (AGAIN_SECONDS - 1, True, 2),
        (1, False, 3),
        (AGAIN_SECONDS, False, 3),
    ):
        clock.now += seconds
        store.busy = busy
        upkeep.work()
        assert store.asked == asked


def test_a_large_pruning_is_done_in_parts_between_batches(store: Busy) -> None:
    clock = Clock()
    upkeep = Upkeep(store, 30, structlog.get_logger(), clock)
    store.left = 25_000
    for asked in (1, 2, 3, 4, 4):
        upkeep.work()
        assert store.asked == asked


def test_without_a_retention_nothing_is_ever_pruned(store: Busy) -> None:
    store.left = 100
    Upkeep(store, None, structlog.get_logger()).work()
    assert store.left == 100


def test_a_retention_longer_than_all_time_keeps_everything() -> None:
    assert oldest_kept(1e9) == datetime(1, 1, 1, tzinfo=UTC)
