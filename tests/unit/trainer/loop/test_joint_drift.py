"""A classifier tells live rows from training rows when columns move together, and seldom when nothing moved."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from trainer.contract.columns import Column, Number
from trainer.loop.joint_drift import area, joint_drift

COLUMNS: list[Column] = [
    Number(name=name, description="", dtype="float64", unit="", minimum=-9, maximum=9) for name in ("a", "b", "c")
]


def rows(seed: int, count: int, *, relation: float, shift: float = 0.0) -> pd.DataFrame:
    """Three columns of mean 0 and deviation 1; `relation` is the correlation of the first two."""
    generator = np.random.default_rng(seed)
    first, noise, third = generator.normal(size=(3, count))
    second = relation * first + np.sqrt(1 - relation**2) * noise
    return pd.DataFrame({"a": first, "b": second, "c": third + shift})


def psi(training: pd.Series, live: pd.Series) -> float:
    edges = np.quantile(training, np.linspace(0, 1, 11)[1:-1])
    shares = [np.bincount(np.searchsorted(edges, one), minlength=10) / len(one) + 1e-6 for one in (training, live)]
    return float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())


def test_columns_that_move_together_are_named_where_every_psi_is_low() -> None:
    training, live = rows(1, 1500, relation=0.8), rows(2, 1500, relation=-0.8)
    assert max(psi(training[name], live[name]) for name in training) < 0.1
    found = joint_drift(training, live, COLUMNS, seed=1)
    assert found.low > 0.75
    assert {name for name, _ in found.columns} == {"a", "b"}
    assert found.is_sure


def test_one_column_that_moves_is_the_first_that_is_named() -> None:
    found = joint_drift(rows(1, 800, relation=0.5), rows(2, 800, relation=0.5, shift=1.0), COLUMNS, seed=1)
    assert found.columns[0][0] == "c"
    assert found.is_sure


def test_rows_that_did_not_change_are_seldom_distinguished() -> None:
    sure = [
        joint_drift(rows(2 * one, 200, relation=0.5), rows(2 * one + 1, 200, relation=0.5), COLUMNS, seed=one).is_sure
        for one in range(20)
    ]
    assert sum(sure) <= 1


def test_requests_that_repeat_training_rows_are_like_them() -> None:
    training = rows(1, 150, relation=0.5)
    live = training.sample(600, replace=True, random_state=2)
    found = joint_drift(training, live, COLUMNS, seed=1)
    assert found.low < 0.5 < found.high


def test_a_large_table_is_sampled_and_the_same_seed_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.loop.joint_drift.MOST_ROWS", 300)
    tables = rows(1, 1000, relation=0.0), rows(2, 400, relation=0.0)
    found = joint_drift(*tables, COLUMNS, seed=4)
    assert (found.training_rows, found.live_rows) == (300, 300)
    assert found == joint_drift(*tables, COLUMNS, seed=4)


def test_the_area_is_that_of_scikit_learn_and_its_error_that_of_a_bootstrap() -> None:
    generator = np.random.default_rng(3)
    positive = np.arange(400) < 150
    scores = np.round(generator.normal(size=400) + positive * 0.7, 1).astype(np.float64)  # with ties
    auc, spread = area(scores, positive)
    assert auc == pytest.approx(roc_auc_score(positive, scores), abs=1e-12)
    drawn = [
        area(
            np.concatenate([generator.choice(scores[positive], 150), generator.choice(scores[~positive], 250)]),
            np.arange(400) < 150,
        )[0]
        for _ in range(200)
    ]
    assert spread == pytest.approx(np.std(drawn), rel=0.2)
