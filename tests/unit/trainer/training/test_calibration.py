"""The estimate of accuracy without labels: what it follows, and what it can't see."""

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits, make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.naive_bayes import GaussianNB

from trainer.training.calibration import calibration, expected


def noisy() -> Any:
    return make_classification(4000, 8, n_informative=4, flip_y=0.1, class_sep=0.8, random_state=3)


def digits() -> Any:
    rows, truth = load_digits(return_X_y=True)
    return rows / 16, truth


def overlapping() -> Any:
    """Three classes, and columns that repeat each other: naive Bayes is overconfident on them."""
    return make_classification(4000, 8, n_informative=4, n_redundant=4, n_classes=3, random_state=5)


CASES = [(noisy, RandomForestClassifier(30, min_samples_leaf=2, random_state=0)),
         (digits, LogisticRegression(C=0.05, max_iter=1000)),
         (overlapping, RandomForestClassifier(30, min_samples_leaf=2, random_state=0))]  # fmt: skip


def trained(table: Any, model: Any) -> tuple[Any, Any, Any, Any]:
    """The fitted model, its section, and rows that it never saw with their truth."""
    rows, truth = table()
    order = np.random.default_rng(7).permutation(len(rows))
    train, fresh = order[: len(rows) // 2], order[len(rows) // 2 :]
    shares = cross_val_predict(model, rows[train], truth[train], cv=5, method="predict_proba")
    section = calibration(shares.max(axis=1), shares.argmax(axis=1) == truth[train])
    return model.fit(rows[train], truth[train]), section, rows[fresh], truth[fresh]


def estimate(model: Any, section: Any, rows: Any) -> float:
    return float(expected(section, model.predict_proba(rows).max(axis=1)).mean())


@pytest.mark.parametrize(("table", "model"), CASES, ids=["forest", "digits", "three classes"])
def test_the_estimate_follows_a_covariate_shift_within_three_points(table: Any, model: Any) -> None:
    fitted, section, rows, truth = trained(table, model)
    # Rows near the boundary come more often, drawn with weights that know only the columns.
    hard = 1.0 - fitted.predict_proba(rows).max(axis=1)
    draw = np.random.default_rng(11)
    for weights in (np.ones(len(rows)), hard + 0.1, np.exp(rows[:, 1] / rows[:, 1].std())):
        chosen = draw.choice(len(rows), 1500, p=weights / weights.sum())
        accuracy = (fitted.predict(rows[chosen]) == truth[chosen]).mean()
        assert estimate(fitted, section, rows[chosen]) == pytest.approx(accuracy, abs=0.03)


def test_the_estimate_is_blind_to_a_concept_shift() -> None:
    """The rows look as before and mean something else: the estimate stays high while accuracy collapses."""
    fitted, section, rows, truth = trained(*CASES[0])
    other_meaning = np.where(rows[:, 0] > np.median(rows[:, 0]), 1 - truth, truth)
    accuracy = (fitted.predict(rows) == other_meaning).mean()
    assert estimate(fitted, section, rows) > accuracy + 0.2


def test_naive_bayes_is_overconfident_and_the_map_says_so() -> None:
    fitted, section, rows, truth = trained(overlapping, GaussianNB())
    accuracy = (fitted.predict(rows) == truth).mean()
    raw = fitted.predict_proba(rows).max(axis=1).mean()
    assert abs(estimate(fitted, section, rows) - accuracy) < abs(raw - accuracy)


def test_the_map_never_falls() -> None:
    draw = np.random.default_rng(1)
    section = calibration(draw.uniform(0.5, 1, 500), draw.uniform(size=500) < 0.7)
    assert section is not None
    assert section["correct"] == sorted(section["correct"])


@pytest.mark.parametrize("falls", ["in the middle", "everywhere"])
def test_answers_that_are_right_less_often_where_the_model_is_sure_do_not_make_the_estimate_certain(falls: str) -> None:
    """A boosted model of three classes: all confidences above 0.4, and some of the sure answers are wrong."""
    draw = np.random.default_rng(2)
    confidence = draw.uniform(0.4, 1, 500)
    chance = np.where(confidence < 0.6, 0.8, 0.65) if falls == "in the middle" else 0.95 - 0.5 * (confidence - 0.4)
    right = draw.uniform(size=500) < chance
    section = calibration(confidence, right)
    assert section is not None
    assert float(expected(section, confidence).mean()) == pytest.approx(right.mean(), abs=0.02)
    assert section["correct"] == sorted(section["correct"])


def test_a_table_without_a_mistake_keeps_its_confidence() -> None:
    section = calibration(np.linspace(0.5, 1, 60), np.ones(60, dtype=bool))
    assert section is not None
    assert expected(section, np.array([0.8])) == pytest.approx(0.8)


def test_fewer_than_fifty_rows_give_no_estimate() -> None:
    assert calibration(np.linspace(0.5, 1, 49), np.ones(49, dtype=bool)) is None
