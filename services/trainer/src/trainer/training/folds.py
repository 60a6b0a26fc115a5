"""Splits rows into folds for cross-validation, by the same rule as the hold-out."""

import warnings
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold, TimeSeriesSplit

from trainer.data.dataset import Rows, split
from trainer.params import Params

Places = npt.NDArray[np.int64]


def halves(rows: Rows, params: Params, classes: tuple[str, ...]) -> tuple[Rows, Rows]:
    """Training rows and hold-out by params.yaml: the same two for training, bundle, gate and drift.

    Raises TooFewRowsError, as `split` does.
    """
    folds = params.cross_validation.folds
    return split(rows, share=params.holdout_share, seed=params.seed, folds=folds, classes=classes)


def sample(rows: Rows, most: int, seed: int, *, classes: bool, folds: int) -> Rows:
    """At most about `most` rows, drawn by `seed`; of every class its share, and at least one for each fold."""
    if len(rows) <= most:
        return rows
    draw = np.random.default_rng(seed)
    chosen = np.zeros(len(rows), dtype=bool)
    members = [np.flatnonzero(rows.labels == label) for label in np.unique(rows.labels)] if classes else []
    for places in members or [np.arange(len(rows))]:
        count = max(round(len(places) * most / len(rows)), min(len(places), folds))
        chosen[draw.choice(places, count, replace=False)] = True
    return rows.take(chosen)


def folds_of(rows: Rows, count: int, seed: int, *, classes: bool) -> Iterator[tuple[Places, Places]]:
    """Pairs of training and test places.

    By time where rows have times: each fold is tested on rows newer than all it learnt from. By group where they have
    groups: a group is on one side. Else shuffled, and of every class (`classes`) each fold has its share.
    """
    if rows.times is not None:
        order = np.argsort(rows.times, kind="stable")
        for train, test in TimeSeriesSplit(n_splits=count).split(order):
            yield order[train], order[test]
        return
    if classes:
        # Each fold is tested on some class: the largest one bounds how many there can be.
        count = min(count, int(np.unique(rows.labels, return_counts=True)[1].max()))
    with warnings.catch_warnings():
        # A class with fewer rows than folds is missing from some; the draft and the gate say that it is rare.
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        if rows.groups is None:
            kind = StratifiedKFold if classes else KFold
            yield from kind(n_splits=count, shuffle=True, random_state=seed).split(rows.features, rows.labels)
            return
        groups = [f"row {place}" if name is None else f"group {name}" for place, name in enumerate(rows.groups)]
        grouped = StratifiedGroupKFold if classes else GroupKFold
        splitter = grouped(n_splits=min(count, len(set(groups))), shuffle=True, random_state=seed)
        yield from splitter.split(rows.features, rows.labels, groups)
