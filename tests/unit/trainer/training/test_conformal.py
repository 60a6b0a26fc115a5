"""Split-conformal numbers: the promised coverage, and the same numbers as other libraries."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_digits, make_classification, make_friedman1
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.tree import DecisionTreeRegressor

from tests.support.conformal_oracle import ORACLE, classification, regression
from trainer.training.conformal import of_classes, of_values, quantile

ORACLES = json.loads(ORACLE.read_text())


def intervals(section: dict[str, Any], values: Any) -> Any:
    half = np.array(section["half_width"])[np.searchsorted(section["edges"], values, side="left")]
    return np.column_stack([values - half, values + half])


def sets(section: dict[str, Any], shares: Any) -> Any:
    return shares >= np.array(section["least_probability"]) - 1e-12


def digits(_: int) -> Any:
    rows, truth = load_digits(return_X_y=True)
    return rows / 16, truth


def clusters(seed: int) -> Any:
    return make_classification(2000, 8, n_informative=5, n_classes=3, flip_y=0.1, random_state=seed)


def rare(seed: int) -> Any:
    return make_classification(2000, 6, weights=[0.8], flip_y=0.1, random_state=seed)


def diabetes(_: int) -> Any:
    return load_diabetes(return_X_y=True)


def friedman(seed: int) -> Any:
    return make_friedman1(2500, noise=1.0, random_state=seed)


def covered(table: Callable[[int], Any], seed: int) -> float:
    """The share of the fresh rows whose set or interval holds the truth."""
    rows, truth = table(seed)
    order = np.random.default_rng(seed).permutation(len(rows))
    train, held, fresh = np.split(order, [int(0.4 * len(rows)), int(0.7 * len(rows))])
    if table in (diabetes, friedman):
        model = Ridge() if table is diabetes else DecisionTreeRegressor(max_leaf_nodes=40, random_state=0)
        model.fit(rows[train], truth[train])
        section = of_values(truth[held], model.predict(rows[held]), 0.9)
        assert section is not None
        low, high = intervals(section, model.predict(rows[fresh])).T
        return float(((low <= truth[fresh]) & (truth[fresh] <= high)).mean())
    classes = LogisticRegression(C=0.05, max_iter=1000).fit(rows[train], truth[train])
    section = of_classes(truth[held], classes.predict_proba(rows[held]), 0.9)
    assert section is not None
    found = sets(section, classes.predict_proba(rows[fresh]))
    return float(found[np.arange(len(fresh)), truth[fresh]].mean())


@pytest.mark.parametrize("table", [digits, clusters, rare, diabetes, friedman])
def test_nine_of_ten_answers_hold_the_truth_over_twenty_seeds(table: Callable[[int], Any]) -> None:
    assert np.mean([covered(table, seed) for seed in range(20)]) == pytest.approx(0.9, abs=0.015)


def test_with_enough_rows_of_each_class_the_rare_class_is_covered_too() -> None:
    truth, shares = classification(4000, 8)
    section = of_classes(truth, shares, 0.9)
    assert section is not None
    assert section["by"] == "class"
    fresh, found = classification(4000, 9)
    for label in range(3):
        assert sets(section, found)[fresh == label, label].mean() == pytest.approx(0.9, abs=0.03)


def test_too_few_rows_for_the_coverage_give_no_numbers() -> None:
    assert quantile(np.arange(8.0), 0.9) is None
    assert quantile(np.arange(9.0), 0.9) == 8.0
    truth, values = regression(8, 1)
    assert of_values(truth, values, 0.9) is None


def test_equal_predictions_make_one_bin() -> None:
    section = of_values(np.arange(1000.0), np.ones(1000), 0.9)
    assert section is not None
    assert section["edges"] == []
    assert len(section["half_width"]) == 1


@pytest.mark.parametrize(("name", "rows", "seed"), [("bins", 1000, 1), ("plain", 150, 3), ("mapie", 150, 3)])
def test_intervals_are_those_of_crepes_and_mapie(name: str, rows: int, seed: int) -> None:
    section = of_values(*regression(rows, seed), 0.9)
    assert section is not None
    found = intervals(section, regression(50, 2)[1])
    assert np.abs(found - np.array(ORACLES[name])).max() < 1e-9


@pytest.mark.parametrize(("name", "rows"), [("classes", 1000), ("all", 150)])
def test_sets_are_those_of_crepes(name: str, rows: int) -> None:
    truth, shares = classification(rows, 4)
    section = of_classes(truth, shares, 0.9)
    assert section is not None
    assert sets(section, classification(200, 5)[1]).astype(int).tolist() == ORACLES[name]
