"""Pipelines drawn with fixed seeds; `make test-pipelines` draws others for minutes. And what converters got wrong."""

from collections.abc import Callable
from typing import Any

import lightgbm
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV, TunedThresholdClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC, NuSVC

from tests.support.drawn_estimators import Forest, Renamed
from tests.support.random_pipelines import answered, tried

SEEDS = (*range(10, 24), 41215, 41230)
"""The last two once differed: their scalers computed in float32, and the served graph in float64."""


def test_two_rules_of_one_estimator_are_refused_though_the_proof_meets_no_row_between_them() -> None:
    assert "though on none of these" in tried(90476).ended


def test_no_pipeline_that_was_drawn_is_accepted_and_answers_otherwise() -> None:
    outcomes = [tried(seed) for seed in SEEDS]
    assert [one for one in outcomes if one.differs] == []
    assert sum(one.accepted for one in outcomes) >= len(SEEDS) // 3


def light() -> Any:
    return lightgbm.LGBMClassifier(n_estimators=8, verbose=-1, n_jobs=1)


RIGHT: dict[str, Callable[[], Any]] = {
    "LightGBM, calibrated by steps": lambda: CalibratedClassifierCV(light(), method="isotonic", cv=3),
    "LightGBM, calibrated by one temperature": lambda: CalibratedClassifierCV(light(), method="temperature", cv=3),
    "linear discriminants": LinearDiscriminantAnalysis,
    "linear discriminants by least squares": lambda: LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.3),
    "a search": lambda: GridSearchCV(light(), {"num_leaves": [3, 5]}, cv=3),
}
NAMED: dict[str, tuple[Callable[[], Any], str]] = {
    "a fixed threshold": (lambda: FixedThresholdClassifier(light(), threshold=0.8), "FixedThresholdClassifier"),
    "a tuned threshold": (lambda: TunedThresholdClassifierCV(light(), cv=3), "TunedThresholdClassifierCV"),
    "a tuned threshold inside": (
        lambda: VotingClassifier([("one", FixedThresholdClassifier(light(), threshold=0.8))], voting="soft"),
        "FixedThresholdClassifier",
    ),
    "a class made from a forest": (lambda: Forest(3, random_state=0), "Forest has no converter"),
    "one behind steps": (lambda: make_pipeline("passthrough", Forest(3, random_state=0)), "Forest has no converter"),
    "one under the forest's own name": (lambda: Renamed(3, random_state=0), "drawn_estimators.RandomForestClassifier"),
    "labels by another rule than probabilities": (lambda: SVC(probability=True, random_state=0), "its predict differs"),
    "the same by shares of vectors": (lambda: NuSVC(nu=0.1, probability=True, random_state=0), "its predict differs"),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.parametrize("kind", ["plain", "categories"])
def test_what_converters_answer_wrongly_is_right_here(name: str, kind: str) -> None:
    assert answered(RIGHT[name](), kind, classes=2).ended == "accepted"


@pytest.mark.parametrize("name", NAMED)
def test_what_answers_by_another_rule_is_refused_by_name(name: str) -> None:
    made, found = NAMED[name]
    ended = answered(made(), "plain", classes=2).ended
    assert ended.startswith("refused")
    assert found in ended


def test_a_forest_that_learned_from_gaps_is_right() -> None:
    """Its trees send a gap the way that training chose; converters send it to the right."""
    assert answered(RandomForestClassifier(8, random_state=0), "gaps", classes=2).ended == "accepted"
