"""The api's sets and intervals and the courier's counts of them follow from the same numbers."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from api.bundle.certainty import Conformal
from courier.following.segments import MOST_BUNDLES
from courier.landing.coverage import Coverage
from courier.records.records import FeedbackRow
from courier.store.protocol import Answer

CLASSES = ["a", "b", "c"]
SETS = {"coverage": 0.9, "rows": 300, "by": "class", "least_probability": [0.5, 0.2, 0.3]}
INTERVALS = {"coverage": 0.9, "rows": 400, "by": "bin", "edges": [0.0, 1.0], "half_width": [1.0, 2.0, 0.5]}


def bundle(folder: Path, name: str, conformal: Any, classes: list[str]) -> str:
    path = folder / name
    path.mkdir()
    manifest = {"target": {"classes": classes}, **({"conformal": conformal} if conformal else {})}
    (path / "manifest.json").write_text(json.dumps(manifest))
    return name


def truth(label: str, value: float | None = None) -> FeedbackRow:
    return FeedbackRow("i", "p", "2026-11-28T00:00:00Z", label, "test", "r", value)


def test_a_label_is_covered_exactly_where_the_api_has_it_in_the_set(tmp_path: Path) -> None:
    name, coverage = bundle(tmp_path, "a" * 64, SETS, CLASSES), Coverage(tmp_path)
    numbers = Conformal.model_validate(SETS)
    rows = np.random.default_rng(1).dirichlet([1, 1, 1], 200).astype(np.float32).tolist()
    for shares in [*rows, [0.5, 0.2, 0.3], np.array([0.5, 0.2, 0.3], dtype=np.float32).tolist()]:
        recorded = orjson.dumps(dict(zip(CLASSES, shares, strict=True))).decode()
        found = [coverage.covers(Answer("p", "1", "a", name, recorded), truth(label)) for label in CLASSES]
        assert [place for place, there in enumerate(found) if there] == numbers.members(shares)


def test_a_value_is_covered_exactly_where_it_lies_in_the_interval_of_the_api(tmp_path: Path) -> None:
    name, coverage = bundle(tmp_path, "b" * 64, INTERVALS, []), Coverage(tmp_path)
    numbers = Conformal.model_validate(INTERVALS)
    draw = np.random.default_rng(2)
    for value, true in zip(draw.normal(0.5, 1, 200).tolist(), draw.normal(0.5, 2, 200).tolist(), strict=True):
        low, high = numbers.interval(value)
        assert coverage.covers(Answer("p", "1", "x", name, "{}", value), truth("x", true)) == (low <= true <= high)


@pytest.mark.parametrize("label", ["a", "unheard of"])
def test_a_bundle_without_numbers_or_gone_or_of_other_classes_counts_nothing(tmp_path: Path, label: str) -> None:
    coverage = Coverage(tmp_path)
    plain = bundle(tmp_path, "c" * 64, None, CLASSES)
    spoiled = bundle(tmp_path, "d" * 64, {"least_probability": [0.1]}, CLASSES)
    for name in (plain, spoiled, "e" * 64, "../policy.json", ""):
        assert coverage.covers(Answer("p", "1", "a", name, '{"a":1.0}'), truth(label)) is None
    known = bundle(tmp_path, "f" * 64, SETS, CLASSES)
    assert coverage.covers(Answer("p", "1", "a", known, "not JSON"), truth(label)) is None


def test_only_some_bundles_are_remembered(tmp_path: Path) -> None:
    coverage = Coverage(tmp_path)
    for number in range(MOST_BUNDLES + 5):
        name = bundle(tmp_path, f"{number:064x}", SETS, CLASSES)
        assert coverage.covers(Answer("p", "1", "a", name, '{"a":1.0}'), truth("a"))
