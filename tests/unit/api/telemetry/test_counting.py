"""What a worker counts lies in the shared files at once, as prometheus_client's own values would have written it."""

from pathlib import Path
from threading import Event, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, multiprocess, values

from api.telemetry.counting import Timer, adder, shared_value
from api.telemetry.shared_file import SharedFile
from tests.support.scrapes import scraped

BOUNDS = (0.1, 1.0, 5.0)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    return tmp_path


def worker(slot: int, monkeypatch: pytest.MonkeyPatch) -> CollectorRegistry:
    """From now on metrics are made as in a worker of that slot."""
    monkeypatch.setattr(values, "ValueClass", shared_value(slot))
    return CollectorRegistry()


def seen(name: str, labels: dict[str, str] | None = None) -> float | None:
    found = (sample.value for sample in scraped() if (sample.name, sample.labels) == (name, labels or {}))
    return next(found, None)


def test_workers_add_up_and_a_new_one_goes_on_where_the_dead_one_stopped(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for slot in (0, 1, 1, 0):
        count = adder(Counter("asked_total", "Asked", registry=worker(slot, monkeypatch)))
        count(1.0)
        count(2.0)
        # nothing is closed or flushed: this is what a killed worker leaves
    assert seen("asked_total") == 12
    assert len(list(folder.iterdir())) == 2


def test_a_file_that_grows_keeps_what_older_counters_write(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert folder.is_dir()
    family = Counter("rows_total", "Rows", ["label"], registry=worker(0, monkeypatch))
    first = adder(family.labels("first"))
    first(1.0)
    others = [adder(family.labels(f"{number:0>200}")) for number in range(600)]
    for count in (first, *others):
        count(1.0)
    assert seen("rows_total", {"label": "first"}) == 2
    assert seen("rows_total", {"label": f"{599:0>200}"}) == 1


def test_gauges_of_the_living_leave_with_their_worker(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert folder.is_dir()
    for slot in (0, 1):
        gauge = Gauge("loaded", "Loaded", multiprocess_mode="livesum", registry=worker(slot, monkeypatch))
        gauge.set(1)
    assert seen("loaded") == 2
    multiprocess.mark_process_dead(1)  # type: ignore[no-untyped-call]
    assert seen("loaded") == 1


@given(st.lists(st.one_of(st.sampled_from(BOUNDS), st.floats(0, 10))))
def test_a_timer_fills_the_buckets_of_the_library(observed: list[float]) -> None:
    registry = CollectorRegistry()
    theirs = Histogram("theirs", "Theirs", buckets=BOUNDS, registry=registry)
    ours = Histogram("ours", "Ours", buckets=BOUNDS, registry=registry)
    observe = Timer(ours).observe
    for value in observed:
        theirs.observe(value)
        observe(value)
    for bound in ("0.1", "1.0", "5.0", "+Inf"):
        assert registry.get_sample_value("ours_bucket", {"le": bound}) == registry.get_sample_value(
            "theirs_bucket", {"le": bound}
        )
    assert registry.get_sample_value("ours_sum") == registry.get_sample_value("theirs_sum")


def test_a_scrape_never_meets_a_file_that_is_still_empty(folder: Path) -> None:
    stop, empty = Event(), set[str]()

    def scrape() -> None:
        while not stop.is_set():
            empty.update(path.name for path in folder.glob("*.db") if path.stat().st_size == 0)

    scraping = Thread(target=scrape)
    scraping.start()
    kept = [SharedFile(folder / f"counter_{slot}.db") for slot in range(300)]
    stop.set()
    scraping.join()
    assert len(kept) == len(list(folder.iterdir())) == 300
    assert empty == set()
