"""The segments that the trainer marks, the api counts and the courier judges have one set of names."""

import json
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from pydantic import TypeAdapter

from api.bundle.features import Feature, bins
from courier.following.segments import MISSING, OTHER, read_manifest, segment_of, segments_in
from courier.landing.coverage import Coverage
from courier.landing.feedback import FeedbackCounter
from courier.metrics import Metrics
from courier.records.records import FeedbackRow
from courier.store.protocol import Answer

FEATURES: list[dict[str, Any]] = [
    {"name": "age", "description": "", "dtype": "float64", "unit": "", "minimum": 0.0, "maximum": 9.0},
    {"name": "shop", "description": "", "kind": "category", "categories": ["north", "south"], "unknown": "other",
     "nullable": True},
    {"name": "size", "description": "", "kind": "category", "categories": ["s", "m"], "unknown": "refuse"},
    {"name": "member", "description": "", "kind": "boolean", "nullable": True},
]  # fmt: skip
MANIFEST = {"features": FEATURES, "segments": ["shop", "size", "member"], "target": {"classes": ["a", "b"]}}
NAME = "a" * 64


class Answered:
    """A store that knows one row."""

    def __init__(self, features: dict[str, Any]) -> None:
        self.features = json.dumps(features)

    def answers(self, prediction_ids: list[str]) -> list[Answer]:
        return [Answer(one, "4", "a", NAME, features=self.features) for one in prediction_ids]


def test_the_courier_names_segments_as_the_api_names_bins() -> None:
    features = TypeAdapter[list[Feature]](list[Feature]).validate_python(FEATURES)
    assert segments_in(MANIFEST) == {one.name: bins(one, 0) for one in features[1:]}


@pytest.mark.parametrize(("value", "name"), [("north", "north"), ("elsewhere", OTHER), (None, MISSING), (3, OTHER)])
def test_a_recorded_value_has_the_name_of_its_segment(value: object, name: str) -> None:
    assert segment_of(value, ["north", "south", OTHER, MISSING]) == name


def test_a_value_that_the_column_does_not_have_is_in_no_segment() -> None:
    assert segment_of("elsewhere", ["s", "m"]) is None
    assert segment_of(None, ["false", "true"]) is None


def test_feedback_is_counted_in_each_segment_of_its_row(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    (tmp_path / NAME / "manifest.json").write_text(json.dumps(MANIFEST))
    metrics = Metrics(CollectorRegistry())
    store: Any = Answered({"age": 3.0, "shop": "south", "size": "m", "member": True})
    counter = FeedbackCounter(store, metrics, Coverage(tmp_path))
    rows = [FeedbackRow(str(n), str(n), "2026-11-28T00:00:00Z", label, "t", "r") for n, label in enumerate("aab")]
    counter.landed(rows, complete=True)
    counter.settle()

    def value(feature: str, segment: str, outcome: str) -> float | None:
        labels = {"version": "4", "feature": feature, "segment": segment, "outcome": outcome}
        return metrics.registry.get_sample_value("segment_feedback_total", labels)

    for feature, segment in (("shop", "south"), ("size", "m"), ("member", "true")):
        assert (value(feature, segment, "correct"), value(feature, segment, "incorrect")) == (2, 1)
    assert value("shop", "north", "correct") is None


@pytest.mark.parametrize(
    "manifest", [{}, {"segments": ["shop"]}, {"segments": 3}, {"segments": ["x"], "features": [3]}]
)
def test_a_manifest_without_segments_has_none(manifest: dict[str, Any]) -> None:
    assert segments_in(manifest) == {}


def test_a_bundle_that_is_gone_or_damaged_has_no_manifest(tmp_path: Path) -> None:
    assert read_manifest(tmp_path, NAME) is None
    assert read_manifest(tmp_path, "../x") is None
    (tmp_path / NAME).mkdir()
    (tmp_path / NAME / "manifest.json").write_text("[1]")
    assert read_manifest(tmp_path, NAME) is None
