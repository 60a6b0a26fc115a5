"""A challenger that is better on the whole and worse for one segment is refused, and the segment is named."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from trainer.contract.columns import Boolean, Category
from trainer.gate.segments import no_segment_worse
from trainer.params import Params
from trainer.registry.verdict import Criterion

ROWS = np.arange(1200)
GROUPS = np.array(["north", "east", "south", "west"])[ROWS * ROWS % 7 % 4]
# By fairlearn 0.15.0's MetricFrame(accuracy_score).by_group, challenger minus champion.
BY_FAIRLEARN = {"east": 0.058309037901, "north": 0.066019417476, "south": 0.064327485380}


def judged(features: pd.DataFrame, better: Any, fast: Params, **limits: float) -> list[Criterion]:
    gate = fast.gate.model_copy(update=limits)
    return no_segment_worse(
        "hold-out",
        "accuracy",
        features,
        np.asarray(better, float),
        [str(one) for one in features.columns],
        gate,
        seed=1,
    )


def one_worse(rows: int) -> tuple[pd.DataFrame, Any]:
    """15 points worse in one of five segments, so much better in the others that it is 1 point better on the whole."""
    generator = np.random.default_rng(5)
    region = np.arange(rows) % 5
    gain = np.where(region == 2, -0.15, (0.01 * 5 + 0.15) / 4)
    # The champion is right in 70 % of the rows, and each model by a chance of its own.
    draws = generator.random(rows)
    better = (draws < 0.7 + gain).astype(float) - (draws < 0.7)
    return pd.DataFrame({"region": [f"r{one}" for one in region]}), better


def test_a_challenger_better_by_a_point_and_worse_by_fifteen_in_one_segment_is_refused(fast: Params) -> None:
    features, better = one_worse(4000)
    assert better.mean() > 0
    (found,) = judged(features, better, fast)
    assert not found.passed
    assert found.found.startswith("r2: -0.1")
    assert "800 rows; 5 segments judged" in found.found
    assert found.name == "accuracy by region"
    assert found.keys == ("segment_margin",)


def test_a_challenger_that_is_alike_everywhere_is_seldom_refused(fast: Params) -> None:
    refused = 0
    for seed in range(100):
        generator = np.random.default_rng(seed)
        region = pd.DataFrame({"region": [f"r{one % 10}" for one in range(1000)]})
        better = generator.integers(-1, 2, 1000)
        refused += not judged(region, better, fast, resamples=500)[0].passed
    assert refused <= 5


def test_the_difference_of_a_segment_is_that_of_fairlearn(fast: Params) -> None:
    truth = ROWS * 5 % 3
    new = np.where(ROWS * 11 % 13 < 10, truth, (truth + 1) % 3)
    old = np.where(ROWS * 7 % 17 < 12, truth, (truth + 2) % 3)
    better = (new == truth).astype(float) - (old == truth)
    for name, expected in BY_FAIRLEARN.items():
        of_one = name == GROUPS
        (found,) = judged(pd.DataFrame({"region": GROUPS[of_one]}), better[of_one], fast)
        assert found.figure == pytest.approx(expected, abs=1e-9)


def test_booleans_missing_values_and_small_segments(fast: Params) -> None:
    features = pd.DataFrame({"member": pd.Series([True] * 30 + [None] * 25 + [False] * 5, dtype="object")})
    (found,) = judged(features, [-1.0] * 30 + [1.0] * 25 + [-1.0] * 5, fast, minimum_rows=20)
    assert found.found.startswith("true: -1.0000 [-1.0000, -1.0000], 30 rows; 2 segments judged")
    assert judged(features.iloc[-5:], [-1.0] * 5, fast, minimum_rows=20) == []


def test_a_segment_has_at_most_twenty_listed_values() -> None:
    described: dict[str, Any] = {"name": "region", "description": "", "kind": "category", "segment": True}
    many = tuple(f"r{one}" for one in range(21))
    assert Category(**described, categories=many[:20]).segment
    for wrong in ({"categories": many}, {"levels": "learned"}):
        with pytest.raises(ValidationError, match="at most 20 categories"):
            Category(**described, **wrong)
    assert "segment" not in Boolean(name="a", description="", kind="boolean", segment=True).described()
