"""The frozen hold-out: decided by a row's own values, so that it stays where it is."""

import numpy as np
import pandas as pd
import pytest

from trainer.data.dataset import Rows, held_out, repeats_of, split
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
    every = rows(40)
    every.labels[:] = 0
    every.labels[7] = 1
    with pytest.raises(TooFewRowsError, match=r"class 'b' has fewer than 2 training rows"):
        split(every, share=0.2, seed=1, folds=2, classes=CLASSES)
    with pytest.raises(TooFewRowsError, match=r"the data set has 6 training rows of 8, and 5 folds need 10"):
        split(rows(8), share=0.0001, seed=1, folds=5, classes=CLASSES)


def test_a_class_without_rows_is_named() -> None:
    with pytest.raises(TooFewRowsError, match=r"class 'c' has fewer .*move the class .*to target.leave_out"):
        split(rows(40), share=0.2, seed=1, folds=2, classes=(*CLASSES, "c"))


def test_a_target_whose_texts_name_rows_is_refused_with_what_to_do() -> None:
    names = tuple(f"row {row}" for row in range(40))
    every = Rows(rows(40).features, np.arange(40))
    with pytest.raises(TooFewRowsError, match=r"40 of 40 classes have .* such a column names rows: choose another"):
        split(every, share=0.2, seed=1, folds=2, classes=names)


def test_a_table_that_counts_outcomes_is_split_row_by_row_and_the_same_way_for_its_parts() -> None:
    features = pd.DataFrame({"shift": ["day", "night"] * 100, "line": [1.0, 1.0, 2.0, 2.0] * 50})
    every = Rows(features, np.arange(200) // 4 % 2, repeats=repeats_of(features))
    training, holdout = split(every, share=0.2, seed=1, folds=5, classes=CLASSES)
    assert len(training) + len(holdout) == 200
    assert 20 <= len(holdout) <= 60
    assert len(holdout.features.drop_duplicates()) == 4
    assert held_out(holdout, share=0.2, seed=1).all()
    assert not held_out(training, share=0.2, seed=1).any()
    assert repeats_of(pd.concat([features, pd.DataFrame({"shift": ["day"] * 90, "line": range(90)})])) is None


def test_one_group_for_all_rows_is_refused_with_what_to_do() -> None:
    every = Rows(rows(40).features, rows(40).labels, groups=np.array(["one"] * 40, dtype=object))
    with pytest.raises(TooFewRowsError, match=r"roles.group"):
        split(every, share=0.2, seed=1, folds=2, classes=CLASSES)
