"""The limits name a segment in which the estimated accuracy is not the accuracy, and no other."""

from typing import Any

import numpy as np
import pytest

from trainer.card.evidence import Evidence
from trainer.card.holdout_counts import estimate, share
from trainer.card.limits import limits_of
from trainer.registry.control import Version

QUALITY: dict[str, Any] = {"per_class": {}}


def limits(right: int, rows: int, estimated: float) -> list[str]:
    answers = np.arange(rows) < right
    segment = {"column": "town", "value_name": "Bonn", **share(answers), **estimate(np.full(rows, estimated))}
    facts = {"split": "time", "holdout": {"segments": [segment]}}
    manifest = {"quality": QUALITY, "calibration": {}}
    found = limits_of(Evidence(Version("1"), manifest, {}, facts, None, []))
    return [one for one in found if "Bonn" in one]


def test_a_segment_that_the_estimate_misjudges_is_named() -> None:
    assert limits(480, 1000, 0.77) == [
        "It is right in 48% of the 1000 hold-out rows of town Bonn, and their estimated accuracy is 77%: "
        "only labels tell how it does there."
    ]


@pytest.mark.parametrize(
    ("right", "rows", "estimated"),
    [(760, 1000, 0.77), (40, 50, 0.88), (96_000, 100_000, 0.93)],
    ids=["near", "explained by chance", "sure and near"],
)
def test_a_segment_that_the_estimate_meets_is_not_named(right: int, rows: int, estimated: float) -> None:
    assert limits(right, rows, estimated) == []


def test_a_segment_of_few_rows_is_hardly_known() -> None:
    assert limits(5, 10, 0.9) == ["town Bonn has 10 hold-out rows: its quality is hardly known."]
