"""Answers are counted by segment, in a bounded number of series, under the names of reference.json."""

import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from api.bundle.features import Boolean, Category, Feature
from api.telemetry.answer_metrics import AnswerMetrics
from api.telemetry.segment_metrics import ANY, FEW, MOST_SERIES, SegmentMetrics

SHOP = Category(
    name="shop", description="", kind="category", categories=["north", "south"], unknown="other", nullable=True
)
MEMBER = Boolean(name="member", description="", kind="boolean")


def counted(
    feature: Feature, names: list[str], labels: list[str], column: list[float], answers: list[int]
) -> dict[str, dict[str, float]]:
    registry = CollectorRegistry()
    one = SegmentMetrics(AnswerMetrics(registry), "1", "production", feature, names, labels, {}, expects=True)
    one.count(np.array(column), np.array(answers), np.linspace(0.5, 1.0, len(column)))
    found: dict[str, dict[str, float]] = {}
    for family in registry.collect():
        for sample in family.samples:
            if sample.name.startswith("segment_") and not sample.name.endswith("_created"):
                key = "/".join(
                    [sample.labels["segment"], *([sample.labels["label"]] if "label" in sample.labels else [])]
                )
                found.setdefault(sample.name, {})[key] = sample.value
    return found


def test_each_value_counts_its_answers_and_its_expected_right_ones() -> None:
    names = ["north", "south", "other", "missing"]
    found = counted(SHOP, names, ["a", "b"], [0, 1, 1, 2, 5, float("nan")], [0, 1, 1, 0, 0, 1])
    rows = {key: value for key, value in found["segment_predictions_total"].items() if value}
    assert rows == {"north/a": 1, "south/b": 2, "other/a": 2, "missing/b": 1}
    assert found["segment_expected_correct_total"] == pytest.approx(
        {"north": 0.5, "south": 0.6 + 0.7, "other": 0.8 + 0.9, "missing": 1.0}
    )


def test_a_boolean_is_a_segment_of_two_values() -> None:
    found = counted(MEMBER, ["false", "true"], ["a", "b"], [1, 0, 1], [0, 0, 1])
    assert {key: value for key, value in found["segment_predictions_total"].items() if value} == {
        "true/a": 1, "false/a": 1, "true/b": 1,
    }  # fmt: skip


def test_many_classes_are_counted_together_so_that_the_series_stay_bounded() -> None:
    names = [f"shop {number}" for number in range(20)]
    feature = Category(name="shop", description="", kind="category", categories=names, unknown="refuse")
    labels = [f"class {number}" for number in range(30)]
    found = counted(feature, names, labels, [3, 3], [29, 4])["segment_predictions_total"]
    assert len(found) <= MOST_SERIES
    assert found[f"shop 3/{ANY}"] == 2


@pytest.mark.parametrize(("feature", "classes"), [(SHOP, 3), (SHOP, 200), (MEMBER, 2)])
def test_a_row_counts_the_same_alone_and_in_a_batch(feature: Feature, classes: int) -> None:
    names = ["north", "south", "other", "missing"] if feature is SHOP else ["false", "true"]
    labels = [f"class {number}" for number in range(classes)]
    draw, rows = np.random.default_rng(3), 4 * FEW
    column = draw.choice([0.0, 1.0, 2.0, 7.0, np.nan] if feature is SHOP else [0.0, 1.0], rows)
    answers, chances = draw.integers(0, classes, rows), draw.uniform(size=rows)
    found = []
    for size in (rows, FEW, 1):
        registry = CollectorRegistry()
        one = SegmentMetrics(AnswerMetrics(registry), "1", "production", feature, names, labels, {}, expects=True)
        for at in range(0, rows, size):
            part = slice(at, at + size)
            one.count(column[part], answers[part], chances[part])
        found.append({sample.name + str(sample.labels): sample.value for family in registry.collect()
                      for sample in family.samples if sample.name.startswith("segment_")
                      and not sample.name.endswith("_created")})  # fmt: skip
    assert sum(value for name, value in found[0].items() if name.startswith("segment_predictions")) == rows
    assert found[1] == pytest.approx(found[0])
    assert found[2] == pytest.approx(found[0])


@pytest.mark.parametrize(
    ("variant", "classes", "exported"), [("production", 2, True), ("canary", 2, False), ("production", 201, False)]
)
def test_the_hold_out_of_production_is_exported_where_answers_have_a_distribution(
    variant: str, classes: int, exported: bool
) -> None:
    registry, labels = CollectorRegistry(), [f"class {number}" for number in range(classes)]
    rows = {"false": [3, *[0] * (classes - 1)], "true": [1, 4, *[0] * (classes - 2)]}
    metrics = AnswerMetrics(registry)
    one = SegmentMetrics(metrics, "1", variant, MEMBER, ["false", "true"], labels, rows, expects=False)

    def exported_rows(segment: str, label: str) -> float | None:
        named = {"version": "1", "feature": "member", "segment": segment, "label": label}
        return registry.get_sample_value("segment_reference_rows", named)

    for present in (True, False):
        one.set_reference(present=present)
        found = [exported_rows(*of) for of in (("false", "class 0"), ("true", "class 0"), ("true", "class 1"))]
        assert found == ([3 * present, 1 * present, 4 * present] if exported else [None] * 3)
