"""The status page's figures without labels: of a version and of each segment."""

from types import SimpleNamespace
from typing import Any

import pytest

from api.status.sample import key
from api.status.segments import by_segment, estimated

MODEL: Any = SimpleNamespace(
    version="4",
    variant="production",
    bundle=SimpleNamespace(
        manifest=SimpleNamespace(segments=["shop", "gone"]),
        reference=SimpleNamespace(features={"shop": SimpleNamespace(labels=["north", "south", "missing"])}),
    ),
)


def test_the_estimate_of_a_version_is_its_own() -> None:
    hour = {key("rows", "4", "production"): 10, key("expected", "4", "production"): 8.5, key("rows", "3", "canary"): 9}
    assert estimated(MODEL, hour) == pytest.approx(0.85)


@pytest.mark.parametrize("hour", [{}, {key("rows", "4", "production"): 10.0}])
def test_without_rows_or_a_calibration_there_is_no_estimate(hour: dict[str, float]) -> None:
    assert estimated(MODEL, hour) is None


def test_a_segment_has_its_rows_its_share_and_its_estimate() -> None:
    hour = {
        key("segment", "4", "shop", "north"): 30,
        key("segment", "4", "shop", "south"): 10,
        key("segment_expected", "4", "shop", "south"): 5,
        key("segment", "3", "shop", "north"): 100,
    }
    assert by_segment(MODEL, hour) == [
        {"feature": "shop", "segment": "north", "rows": 30, "share": 0.75, "estimated_accuracy": None},
        {"feature": "shop", "segment": "south", "rows": 10, "share": 0.25, "estimated_accuracy": 0.5},
    ]
