"""The status page's figures by segment, and the estimate of a version."""

import math
from types import SimpleNamespace
from typing import Any

import pytest

from api.status.courier_file import JudgedSegment
from api.status.drift import noise_floor
from api.status.sample import key
from api.status.segments import by_segment, estimated

MODEL: Any = SimpleNamespace(
    version="4",
    variant="production",
    bundle=SimpleNamespace(
        manifest=SimpleNamespace(segments=["shop", "gone"]),
        reference=SimpleNamespace(
            features={"shop": SimpleNamespace(labels=["north", "south", "missing"])},
            answers={"no": 0.5, "yes": 0.5},
            segments={"shop": {"north": [100, 100], "south": [150, 50], "missing": [0, 0]}},
        ),
    ),
)


def counted(segment: str, no: float, yes: float, version: str = "4") -> dict[str, float]:
    return {key("segment", version, "shop", segment, name): rows for name, rows in (("no", no), ("yes", yes))}


def test_the_estimate_of_a_version_is_its_own() -> None:
    hour = {key("rows", "4", "production"): 10, key("expected", "4", "production"): 8.5, key("rows", "3", "canary"): 9}
    assert estimated(MODEL, hour) == pytest.approx(0.85)


@pytest.mark.parametrize("hour", [{}, {key("rows", "4", "production"): 10.0}])
def test_without_rows_or_a_calibration_there_is_no_estimate(hour: dict[str, float]) -> None:
    assert estimated(MODEL, hour) is None


def test_a_segment_has_its_rows_its_share_and_its_estimate() -> None:
    hour = counted("north", 20, 10) | counted("south", 5, 5) | counted("north", 99, 1, version="3")
    found = by_segment(MODEL, hour | {key("segment_expected", "4", "shop", "south"): 5})
    assert [(one["segment"], one["rows"], one["share"], one["estimated_accuracy"]) for one in found] == [
        ("north", 30, 0.75, None), ("south", 10, 0.25, 0.5),
    ]  # fmt: skip
    assert [(one["psi"], one["drifted"], one["accuracy"]) for one in found] == [(None, False, None)] * 2


def test_the_answers_of_a_segment_drift_from_those_to_its_hold_out_and_the_worst_comes_first() -> None:
    north, south, missing = counted("north", 500, 500), counted("south", 100, 900), counted("missing", 0, 900)
    found = {one["segment"]: one for one in by_segment(MODEL, north | south | missing)}
    assert list(found) == ["south", "north", "missing"]
    smoothed = [(150.5 / 201, 100.5 / 1001), (50.5 / 201, 900.5 / 1001)]
    expected = sum((now - was) * math.log(now / was) for was, now in smoothed)
    assert found["south"]["psi"] == pytest.approx(expected)
    assert found["north"]["psi"] == pytest.approx(0)
    assert found["south"]["limit"] == max(0.2, noise_floor(2, 2, 1000, 200))
    assert {name: one["drifted"] for name, one in found.items()} == {"south": True, "north": False, "missing": False}
    # the hold-out has no row of it to compare with
    assert (found["missing"]["psi"], found["missing"]["held_out"]) == (None, 0)


def test_answers_too_many_to_be_counted_by_label_are_rows_and_have_no_drift() -> None:
    (one,) = by_segment(MODEL, {key("segment", "4", "shop", "north", "(any)"): 900.0})
    assert (one["rows"], one["psi"]) == (900, None)


def test_a_segment_with_feedback_has_its_live_accuracy_also_where_nothing_was_asked_in_this_hour() -> None:
    judged = [
        JudgedSegment(version=version, feature="shop", segment="south", judged=50, correct=correct)
        for version, correct in (("4", 40), ("3", 1))
    ]
    (one,) = by_segment(MODEL, {}, judged)
    assert (one["rows"], one["share"], one["accuracy"]["value"], one["accuracy"]["judged"]) == (0, 0.0, 0.8, 50)
    assert one["accuracy"]["low"] < 0.8 < one["accuracy"]["high"]


def test_a_segment_that_is_surely_less_accurate_than_the_others_comes_before_those_that_drift_less() -> None:
    def judged(**counts: tuple[int, int]) -> list[JudgedSegment]:
        return [
            JudgedSegment(version="4", feature="shop", segment=name, judged=judged, correct=correct)
            for name, (judged, correct) in counts.items()
        ]

    hour = counted("north", 510, 490) | counted("south", 30, 20)
    found = by_segment(MODEL, hour, judged(north=(800, 720), south=(200, 100)))
    assert [(one["segment"], one["below"]) for one in found] == [("south", True), ("north", False)]
    by_chance = by_segment(MODEL, hour, judged(north=(800, 720), south=(20, 16)))
    assert [(one["segment"], one["below"]) for one in by_chance] == [("north", False), ("south", False)]
    drifted = by_segment(MODEL, counted("north", 100, 900), judged(north=(800, 720), south=(200, 100)))
    assert [(one["segment"], one["drifted"]) for one in drifted] == [("north", True), ("south", False)]


def test_a_segment_alone_has_no_others_to_be_below() -> None:
    alone = JudgedSegment(version="4", feature="shop", segment="south", judged=90, correct=0)
    (one,) = by_segment(MODEL, {}, [alone])
    assert not one["below"]


def test_a_bundle_from_before_the_hold_out_was_answered_by_segment_has_no_drift() -> None:
    reference = SimpleNamespace(**{**vars(MODEL.bundle.reference), "segments": {}})
    old: Any = SimpleNamespace(
        **{**vars(MODEL), "bundle": SimpleNamespace(manifest=MODEL.bundle.manifest, reference=reference)}
    )
    (one,) = by_segment(old, counted("north", 500, 500))
    assert (one["rows"], one["psi"], one["held_out"]) == (1000, None, 0)
