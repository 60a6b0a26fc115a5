"""Pipelines drawn with fixed seeds; `make test-pipelines` draws others for minutes. And what converters got wrong."""

from collections.abc import Callable
from typing import Any

import lightgbm
import pytest
import xgboost
from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier, VotingClassifier
from sklearn.impute import SimpleImputer
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV, TunedThresholdClassifierCV
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler
from sklearn.svm import SVC, NuSVC

from tests.support.drawn_alone import Forest, Renamed
from tests.support.random_pipelines import answered, tried

SEEDS = tuple(range(10, 26))


def test_two_rules_of_one_estimator_are_refused_though_the_proof_meets_no_row_between_them() -> None:
    two = make_pipeline(PCA(2), SVC(C=0.7930696220426668, probability=True, random_state=0))
    assert "though on none of these" in answered(two, "plain", classes=2, rows=172, seed=90476).ended


def test_scalers_compute_in_float64_before_trees_as_the_graph_does() -> None:
    trees = HistGradientBoostingClassifier(
        learning_rate=0.07254874127864264, max_bins=16, max_iter=1, max_leaf_nodes=15
    )
    beside = FeatureUnion([("scaled", StandardScaler()), ("parts", PCA(2))])
    assert answered(make_pipeline(beside, trees), "plain", classes=3, rows=101, seed=41215).ended == "accepted"


def test_a_median_between_two_numbers_fills_a_gap_with_the_same_number_as_in_the_graph() -> None:
    """It once differed in the ninth digit, which a product that is compared by trees makes another leaf of."""
    trees = xgboost.XGBClassifier(
        n_estimators=19, max_depth=4, learning_rate=0.9018564519183097, subsample=0.6, grow_policy="lossguide", n_jobs=1
    )
    products = PolynomialFeatures((2, 2), order="F")
    filled = make_pipeline(SimpleImputer(add_indicator=True), products, trees)
    assert answered(filled, "gaps", classes=2, rows=252, seed=2000784).ended == "accepted"


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
    "one under the forest's own name": (lambda: Renamed(3, random_state=0), "drawn_alone.RandomForestClassifier"),
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
