"""What the courier measures when somebody looks."""

import math
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from courier.metrics import Metrics


@pytest.fixture
def metrics(tmp_path: Path) -> Metrics:
    found = Metrics(CollectorRegistry())
    found.storage.watch_volumes({"journal": tmp_path, "serving": tmp_path / "not there yet"})
    return found


def test_volumes_are_measured_and_one_that_is_missing_breaks_nothing(metrics: Metrics) -> None:
    def value(name: str, volume: str) -> float:
        found = metrics.registry.get_sample_value(name, {"volume": volume})
        assert found is not None
        return found

    assert 0 < value("volume_free_bytes", "journal") <= value("volume_size_bytes", "journal")
    assert math.isnan(value("volume_free_bytes", "serving"))


def test_feedback_of_a_version_that_serves_is_counted_from_zero(metrics: Metrics) -> None:
    metrics.landing.expect_feedback("7")
    for outcome in ("correct", "incorrect"):
        assert metrics.registry.get_sample_value("feedback_total", {"version": "7", "outcome": outcome}) == 0
