"""Scores, and who wins."""

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.pipeline import Pipeline

from trainer.data.dataset import Rows
from trainer.training.evaluate import RankedCandidate, Score, best, cross_validate, guess, scoring_for
from trainer.training.figures import class_figures, confusion, quality

TRUTH = np.array([0, 0, 1, 1, 2, 2], dtype=np.int64)
SHARES = np.array([[0.8, 0.1, 0.1], [0.4, 0.5, 0.1], [0.1, 0.8, 0.1], [0.2, 0.7, 0.1], [0, 0, 1], [0.1, 0.2, 0.7]])
CLASSES = ("a", "b", "c")


def test_the_highest_score_wins_whatever_the_rest() -> None:
    assert (
        best(
            [
                RankedCandidate("slow", Score(0.9, {"log_loss": 2.0}), 9.0),
                RankedCandidate("fast", Score(0.8, {"log_loss": 0.1}), 0.1),
            ]
        ).name
        == "slow"
    )


def test_equal_scores_are_decided_by_log_loss() -> None:
    assert (
        best(
            [
                RankedCandidate("vague", Score(0.9, {"log_loss": 0.5}), 0.1),
                RankedCandidate("sure", Score(0.9, {"log_loss": 0.4}), 9.0),
            ]
        ).name
        == "sure"
    )


def test_equal_scores_and_log_losses_are_decided_by_prediction_time() -> None:
    assert (
        best(
            [
                RankedCandidate("slow", Score(0.9, {"log_loss": 0.4}), 0.2),
                RankedCandidate("fast", Score(0.9, {"log_loss": 0.4}), 0.1),
            ]
        ).name
        == "fast"
    )


def test_full_ties_go_to_the_first() -> None:
    assert (
        best(
            [
                RankedCandidate("first", Score(0.9, {"log_loss": 0.4}), 0.1),
                RankedCandidate("second", Score(0.9, {"log_loss": 0.4}), 0.1),
            ]
        ).name
        == "first"
    )


def test_quality_is_what_a_person_computes_by_hand() -> None:
    measured = quality(TRUTH, SHARES, CLASSES)
    assert measured["accuracy"] == pytest.approx(5 / 6)
    assert measured["per_class"]["a"] == {
        "precision": 1.0,
        "recall": 0.5,
        "f1": pytest.approx(2 / 3),
        "support": 2,
    }
    assert measured["per_class"]["b"]["precision"] == pytest.approx(2 / 3)
    assert measured["precision_macro"] == pytest.approx((1 + 2 / 3 + 1) / 3)
    assert measured["recall_macro"] == pytest.approx((0.5 + 1 + 1) / 3)
    assert measured["log_loss"] == pytest.approx(-np.mean(np.log([0.8, 0.4, 0.8, 0.7, 1.0, 0.7])))
    assert measured["roc_auc"] == 1.0


def test_two_classes_have_a_roc_auc_too() -> None:
    shares = np.array([[0.9, 0.1], [0.4, 0.6], [0.5, 0.5], [0.2, 0.8]])
    assert quality(np.array([0, 0, 1, 1], dtype=np.int64), shares, ("a", "b"))["roc_auc"] == pytest.approx(0.75)


def test_a_class_that_is_never_predicted_has_precision_zero_without_a_warning() -> None:
    shares = np.array([[0.9, 0.1], [0.9, 0.1]])
    assert quality(np.array([0, 1], dtype=np.int64), shares, ("a", "b"))["per_class"]["b"]["precision"] == 0


def test_the_confusion_matrix_has_the_truth_in_rows() -> None:
    assert confusion(TRUTH, SHARES, CLASSES) == [[1, 1, 0], [0, 2, 0], [0, 0, 2]]


@pytest.mark.parametrize(
    ("scoring", "expected"),
    [
        ("accuracy", 0.75),
        ("balanced_accuracy", 0.5),
        ("f1_macro", 3 / 7),
        ("roc_auc", 0.5),
        ("average_precision", 0.25),
    ],
)
def test_cross_validation_scores_as_asked(scoring: str, expected: float) -> None:
    rows = Rows(pd.DataFrame({"x": np.arange(16.0)}), np.array([0] * 12 + [1] * 4, dtype=np.int64))
    majority = Pipeline([("model", DummyClassifier(strategy="prior"))])
    score = cross_validate(majority, rows, folds=4, seed=1, scoring=scoring)
    assert score.score == pytest.approx(expected)
    assert score.figures["log_loss"] == pytest.approx(-(0.75 * np.log(0.75) + 0.25 * np.log(0.25)))


def test_a_guess_is_no_better_for_folds_that_lack_a_rare_class() -> None:
    rows = Rows(pd.DataFrame({"x": np.arange(100.0)}), np.array([1] * 3 + [0] * 97, dtype=np.int64))
    guessed = guess(rows, folds=5, seed=1, scoring="balanced_accuracy", task="classification")
    assert guessed.score == 0.5
    assert guessed.figures["f1_macro"] == pytest.approx(97 / 197)


@pytest.mark.parametrize(("yes", "found"), [(3, "average_precision"), (20, "accuracy")])
def test_scoring_is_chosen_by_how_the_rows_are_shared_among_the_classes(yes: int, found: str) -> None:
    labels = np.array([1] * yes + [0] * (60 - yes))
    assert scoring_for(labels, "classification", "auto") == found
    assert scoring_for(labels, "classification", "f1_macro") == "f1_macro"


def test_average_precision_is_of_the_rarer_class_and_a_class_alone_is_not_ranked() -> None:
    shares = np.array([[0.2, 0.8], [0.3, 0.7], [0.6, 0.4], [0.1, 0.9]])
    assert class_figures(np.array([1, 1, 0, 1]), shares)["average_precision"] == 1.0
    assert np.isnan(class_figures(np.array([1, 1, 1, 1]), shares)["roc_auc"])
    assert quality(np.array([1, 1, 1, 1]), shares, ("a", "b"))["roc_auc"] == 0.5


def test_probabilities_in_float32_are_scored_without_a_warning() -> None:
    class Single(DummyClassifier):  # type: ignore[misc]  # scikit-learn has no types
        """Three shares whose sum in float32 misses 1 by more than float64 allows."""

        def predict_proba(self, X: pd.DataFrame) -> np.ndarray:  # noqa: N803 (scikit-learn's own name)
            return np.tile(np.array([0.3333333, 0.3333333, 0.3333331], dtype=np.float32), (len(X), 1))

    labels = np.tile(np.arange(3), 20)
    rows = Rows(pd.DataFrame({"x": np.arange(60.0)}), labels)
    score = cross_validate(Pipeline([("model", Single())]), rows, folds=2, seed=0, scoring="neg_log_loss")
    assert score.score == pytest.approx(-np.log(3), abs=1e-6)


def test_quantile_loss_prefers_the_model_of_that_quantile() -> None:
    draw = np.random.default_rng(2)
    features = pd.DataFrame({"x": draw.normal(size=400)})
    rows = Rows(features, features["x"].to_numpy() + draw.exponential(size=400))
    found = {}
    for name, settings in {"mean": {}, "quantile": {"loss": "quantile", "quantile": 0.9}}.items():
        model = Pipeline([("model", HistGradientBoostingRegressor(max_iter=20, **settings))])
        found[name] = cross_validate(model, rows, folds=3, seed=1, scoring="quantile_loss_0.9", task="regression")
    assert found["quantile"].score > found["mean"].score
    assert found["quantile"].score == -found["quantile"].figures["quantile_loss"]
    guessed = guess(rows, folds=3, seed=1, scoring="quantile_loss_0.9", task="regression")
    assert found["quantile"].score > guessed.score > -1
