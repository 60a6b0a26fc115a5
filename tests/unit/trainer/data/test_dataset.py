"""The frozen hold-out: decided by a row's own values, so that it stays where it is."""

import numpy as np
import pandas as pd
import pytest

from trainer.data.dataset import Rows, split
from trainer.errors import TooFewRowsError

CLASSES = ("a", "b")


def rows(count: int, seed: int = 0) -> Rows:
    generator = np.random.default_rng(seed)
    return Rows(pd.DataFrame({"x": generator.uniform(size=count)}), np.arange(count, dtype=np.int64) % 2)


def held(of: Rows, share: float = 0.2) -> set[float]:
    return set(split(of, share=share, seed=1, folds=2, classes=CLASSES)[1].features["x"])


def test_every_row_is_on_exactly_one_side() -> None:
    every = rows(200)
    training, holdout = split(every, share=0.2, seed=1, folds=2, classes=CLASSES)
    assert len(training) + len(holdout) == 200
    assert set(training.features["x"]) | set(holdout.features["x"]) == set(every.features["x"])
    assert not set(training.features["x"]) & set(holdout.features["x"])


def test_about_the_share_asked_for_is_held_out() -> None:
    assert 300 < len(held(rows(2000))) < 500


def test_more_rows_leave_every_row_on_its_side() -> None:
    first, second = rows(200), rows(150, seed=9)
    both = Rows(pd.concat([second.features, first.features]), np.concatenate([second.labels, first.labels]))
    assert held(both) & set(first.features["x"]) == held(first)


def test_twins_are_never_on_both_sides() -> None:
    once = rows(50)
    twice = Rows(pd.concat([once.features, once.features]), np.concatenate([once.labels, once.labels]))
    training, holdout = split(twice, share=0.5, seed=1, folds=2, classes=CLASSES)
    assert not set(training.features["x"]) & set(holdout.features["x"])


def test_a_class_always_has_a_row_held_out() -> None:
    _, holdout = split(rows(12), share=0.0001, seed=1, folds=2, classes=CLASSES)
    assert sorted(holdout.labels) == [0, 1]


def test_another_seed_holds_out_other_rows() -> None:
    every = rows(200)
    assert set(split(every, share=0.2, seed=2, folds=2, classes=CLASSES)[1].features["x"]) != held(every)


def test_a_class_with_too_few_rows_is_named() -> None:
    with pytest.raises(TooFewRowsError, match=r"class 'a' has 3 training rows of 4, and 5 folds need 5"):
        split(rows(8), share=0.0001, seed=1, folds=5, classes=CLASSES)


def test_a_class_without_rows_is_named() -> None:
    with pytest.raises(TooFewRowsError, match=r"class 'c' has 0 training rows of 0"):
        split(rows(40), share=0.2, seed=1, folds=2, classes=(*CLASSES, "c"))
