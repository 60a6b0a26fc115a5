"""Cross-validation is as honest as the hold-out."""

import numpy as np
import pandas as pd
import pytest

from trainer.data.dataset import Rows, held_out, newest_of, split
from trainer.errors import TooFewRowsError
from trainer.training.folds import folds_of, sample


def rows(**roles: np.ndarray) -> Rows:
    draw = np.random.default_rng(1)
    return Rows(pd.DataFrame({"x": draw.uniform(size=120)}), np.arange(120) % 3 // 2, **roles)


TIMES = np.random.default_rng(2).permutation(120).astype(float)
GROUPS = np.array([f"patient {place % 30}" for place in range(118)] + [None, None], dtype=object)


def test_by_time_every_fold_learns_from_the_past_alone() -> None:
    pairs = list(folds_of(rows(times=TIMES), 4, 1, classes=True))
    assert len(pairs) == 4
    for train, test in pairs:
        assert TIMES[train].max() < TIMES[test].min()


@pytest.mark.parametrize("classes", [True, False])
def test_by_group_no_group_is_on_both_sides(classes: bool) -> None:
    for train, test in folds_of(rows(groups=GROUPS), 4, 1, classes=classes):
        assert not {name for name in GROUPS[train] if name} & {name for name in GROUPS[test] if name}


def test_the_hold_out_is_the_newest_rows() -> None:
    every = rows(times=TIMES)
    training, holdout = split(every, share=0.2, seed=1, folds=3, classes=("a", "b"))
    assert training.times is not None
    assert holdout.times is not None
    assert training.times.max() < holdout.times.min()
    assert 24 <= len(holdout) <= 25
    after = newest_of(every, 0.2)
    assert after == training.times.max()
    assert held_out(every, share=0.2, seed=1, after=after).sum() == len(holdout)


def test_the_hold_out_is_whole_groups_and_stays_when_rows_are_added() -> None:
    every = rows(groups=GROUPS)
    training, holdout = split(every, share=0.3, seed=1, folds=3, classes=("a", "b"))
    assert training.groups is not None
    assert holdout.groups is not None
    assert not {*training.groups} & {*holdout.groups} - {None}
    assert held_out(every, share=0.3, seed=1).sum() == len(holdout)


def test_one_time_for_all_rows_is_refused_with_what_to_do() -> None:
    with pytest.raises(TooFewRowsError, match=r"take `roles\.time` out of the contract"):
        split(rows(times=np.zeros(120)), share=0.2, seed=1, folds=3, classes=("a", "b"))


def test_rows_without_a_time_are_the_newest() -> None:
    times = TIMES.copy()
    times[:5] = np.inf
    _, holdout = split(rows(times=times), share=0.2, seed=1, folds=3, classes=("a", "b"))
    assert holdout.times is not None
    assert np.isinf(holdout.times).sum() == 5


def test_a_sample_keeps_rows_of_every_class() -> None:
    few = Rows(pd.DataFrame({"x": np.arange(1000.0)}), np.array([0] * 994 + [1] * 6))
    drawn = sample(few, 100, 1, classes=True, folds=5)
    assert 95 < len(drawn) < 110
    assert (drawn.labels == 1).sum() == 5
    assert sample(few, 1000, 1, classes=True, folds=5) is few


@pytest.mark.parametrize("groups", [None, np.array([f"g{place % 7}" for place in range(60)], dtype=object)])
def test_a_class_with_fewer_rows_than_folds_is_in_some_of_them(groups: np.ndarray | None) -> None:
    labels = np.zeros(60, dtype=np.int64)
    labels[[3, 40]] = 1
    every = Rows(pd.DataFrame({"x": np.arange(60.0)}), labels, groups=groups)
    pairs = list(folds_of(every, 5, 1, classes=True))
    assert len(pairs) == 5
    assert sorted(np.concatenate([test for _, test in pairs])) == list(range(60))
    assert all(1 in labels[train] for train, _ in pairs)


def test_no_more_folds_than_groups_or_than_rows_of_the_largest_class() -> None:
    few = np.array([f"g{place % 3}" for place in range(120)], dtype=object)
    assert len(list(folds_of(rows(groups=few), 5, 1, classes=False))) == 3
    many = Rows(pd.DataFrame({"x": np.arange(12.0)}), np.arange(12) // 3)
    assert len(list(folds_of(many, 5, 1, classes=True))) == 3
