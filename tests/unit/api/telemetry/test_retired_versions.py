"""Figures of the versions that serve and of the last few that did; nothing grows with every model there ever was."""

from pathlib import Path
from threading import Event, Thread

import pytest
from prometheus_client import CollectorRegistry, Counter, values
from prometheus_client.metrics import MetricWrapperBase

from api.telemetry.counting import Add, adder, shared_value
from api.telemetry.metrics import Metrics
from api.telemetry.retired_versions import RetiredVersions
from tests.support.scrapes import scraped


class Rig:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.rows = Counter("rows_total", "Rows", ["version", "label"], registry=registry)
        self.asked = adder(Counter("asked_total", "Asked", registry=registry))
        self.versions = RetiredVersions([self.rows])

    def serve(self, version: str) -> Add:
        self.versions.enter(version)
        return adder(self.rows.labels(version, "a"))

    def pass_through(self, versions: int) -> None:
        for number in range(versions):
            self.serve(f"passing {number}")(1.0)
            self.asked(1.0)
            self.versions.leave(f"passing {number}")


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rig:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    monkeypatch.setattr(values, "ValueClass", shared_value(0))
    return Rig(CollectorRegistry())


def seen() -> dict[str, float]:
    """By version; what has none by its name."""
    return {sample.labels.get("version", sample.name): sample.value for sample in scraped()}


def test_of_many_versions_only_the_last_few_are_left_and_nothing_else_is_lost(rig: Rig) -> None:
    rig.pass_through(50)
    found = seen()
    assert found.pop("asked_total") == 50
    assert {"passing 49", "passing 48", "passing 47"} <= found.keys()
    assert len(found) <= 6
    assert set(found.values()) == {1.0}
    assert len(rig.rows._metrics) == len(found)


def test_a_version_that_serves_goes_on_counting_through_every_rewriting(rig: Rig) -> None:
    count = rig.serve("1")
    for _ in range(10):
        count(1.0)
        rig.pass_through(9)
    assert seen()["1"] == 10


def test_a_canary_that_became_production_still_serves(rig: Rig) -> None:
    count = rig.serve("1")
    rig.versions.enter("1")
    rig.versions.leave("1")
    count(1.0)
    rig.pass_through(20)
    count(1.0)
    assert seen()["1"] == 2


def test_one_that_comes_back_soon_goes_on_and_one_that_was_forgotten_begins_anew(rig: Rig) -> None:
    rig.serve("1")(1.0)
    rig.versions.leave("1")
    rig.pass_through(2)
    rig.serve("1")(1.0)
    assert seen()["1"] == 2
    rig.versions.leave("1")
    rig.pass_through(20)
    rig.serve("1")(1.0)
    assert seen()["1"] == 1


def test_whoever_holds_a_forgotten_counter_loses_no_count(rig: Rig) -> None:
    """A long request on a model that left many models ago."""
    held = rig.serve("1")
    rig.versions.leave("1")
    rig.pass_through(20)
    held(1.0)
    assert seen()["1"] == 1


def test_a_scrape_meanwhile_sees_a_whole_file(rig: Rig) -> None:
    stop, failures = Event(), list[BaseException]()

    def scrape() -> None:
        while not stop.is_set():
            try:
                assert seen()["asked_total"] >= 0
            except BaseException as error:
                failures.append(error)
                return

    rig.asked(0.0)
    scraper = Thread(target=scrape)
    scraper.start()
    rig.pass_through(200)
    stop.set()
    scraper.join()
    assert failures == []


def test_every_metric_with_the_label_version_is_removed_with_its_version() -> None:
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    declared = [metric for metric in registry._collector_to_names if isinstance(metric, MetricWrapperBase)]
    labelled = {metric._name for metric in declared if "version" in metric._labelnames}
    assert labelled
    assert {metric._name for metric in metrics.versions._metrics} == labelled
