"""The data set as arrays, and the split into training rows and the frozen hold-out."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from trainer.contract.contract import Contract
from trainer.data.ordering import groups_of, times_of, weights_of
from trainer.data.table import read
from trainer.errors import TooFewRowsError
from trainer.workspace.files import sha256

SPREAD = 2
"""With fewer rows, nothing is known about how values vary."""
LEARNABLE = 2
"""Training rows that every class needs."""
REPEATED = 5
"""Rows that are written alike, on average: from here on a table counts outcomes, and repeats are not twins."""


@dataclass(frozen=True)
class Rows:
    """n rows of the data set, with their labels.

    `features` is n x columns in the contract's order and units.

    `labels` are n indices into the target's classes, or of a regression n values in the target's unit.
    """

    features: pd.DataFrame
    labels: npt.NDArray[Any]
    times: npt.NDArray[np.float64] | None = None
    """Growing with time, where the contract has a role `time`; infinite for what has none."""
    groups: npt.NDArray[np.object_] | None = None
    """The group of each row, where the contract has a role `group`; None for a row without one."""
    repeats: npt.NDArray[np.int64] | None = None
    """How many rows above have the same features, in a table where most rows repeat others."""
    weights: npt.NDArray[np.float64] | None = None
    """How much each row counts in fitting, where the contract has a role `weight`."""

    def __len__(self) -> int:
        return len(self.features)

    def take(self, chosen: npt.NDArray[np.bool_]) -> "Rows":
        return Rows(
            self.features[chosen].reset_index(drop=True),
            self.labels[chosen],
            None if self.times is None else self.times[chosen],
            None if self.groups is None else self.groups[chosen],
            None if self.repeats is None else self.repeats[chosen],
            None if self.weights is None else self.weights[chosen],
        )

    @property
    def split_by(self) -> str:
        """The rule by which rows are held out: the newest, whole groups, or each row by itself."""
        if self.times is not None:
            return "time"
        return "row" if self.groups is None else "group"


@dataclass(frozen=True)
class Dataset:
    """The processed table in memory; `sha256` is of its CSV's bytes."""

    rows: Rows
    sha256: str


def load(path: Path, contract: Contract) -> Dataset:
    """Raises StageError when the file is not there, DataError when it breaks the contract."""
    frame = read(path, contract).reset_index(drop=True)
    target = frame[contract.target.name]
    index = {name: place for place, name in enumerate(contract.target.classes)}
    labels = np.array([index[name] for name in target], dtype=np.int64) if index else target.to_numpy(np.float64)
    roles = contract.roles
    times = None if roles.time is None else times_of(frame[roles.time])
    groups = None if roles.group is None else groups_of(frame[roles.group])
    weights = None if roles.weight is None else weights_of(frame[roles.weight])
    features = frame[list(contract.features)]
    rows = Rows(features, labels, times, groups, repeats_of(features), weights)
    return Dataset(rows, sha256(path.read_bytes()))


def repeats_of(features: pd.DataFrame) -> npt.NDArray[np.int64] | None:
    """How many rows above each one have the same features; None where fewer than `REPEATED` rows are alike."""
    if len(features) < REPEATED * int((~features.duplicated()).sum()):
        return None
    counted = features.groupby(list(features.columns), dropna=False, sort=False).cumcount()
    return np.asarray(counted, dtype=np.int64)


def split(rows: Rows, *, share: float, seed: int, folds: int, classes: tuple[str, ...]) -> tuple[Rows, Rows]:
    """Training rows and hold-out.

    Where rows have times, the newest are held out. Else a row's group, or its own values, decide its side, so that it
    never changes when rows are added, and that twins are never on both; where most rows repeat others, each repeat has
    a side of its own. Without times every class has at least one row held out, a regression (no `classes`) at least
    two. Raises TooFewRowsError when a class keeps fewer than two training rows, a regression fewer than two for each
    fold.
    """
    if rows.times is not None:
        held = rows.times > newest_of(rows, share)
        _check_sides(rows, held, folds, classes)
        return rows.take(~held), rows.take(held)
    place = _places(rows, seed)
    held = place < share
    if not classes:
        held |= place <= np.sort(place)[:SPREAD].max()
    for label in range(len(classes)):
        members = rows.labels == label
        if members.any() and not (held & members).any():
            held |= place == place[members].min()
    _check_sides(rows, held, folds, classes)
    return rows.take(~held), rows.take(held)


def newest_of(rows: Rows, share: float) -> float:
    """The time of the last row that is trained on, so that at least `share` of the rows are newer.

    Rows without a time are newer than any. Raises TooFewRowsError where all rows have the same time.
    """
    every = np.array([]) if rows.times is None else rows.times
    later = np.unique(every)[:-1]
    if not len(later):
        raise TooFewRowsError("every row has the same time, so none is newer; take `roles.time` out of the contract")
    wanted = np.sort(every)[min(int(len(every) * (1 - share)), len(every) - 1)]
    return float(later[later < wanted][-1]) if (later < wanted).any() else float(later[0])


def held_out(rows: Rows, *, share: float, seed: int, after: float | None = None) -> npt.NDArray[np.bool_]:
    """Which rows no model that was split so has ever trained on; `after` is the time of the last row it trained on."""
    if after is not None and rows.times is not None:
        newer: npt.NDArray[np.bool_] = rows.times > after
        return newer
    held: npt.NDArray[np.bool_] = _places(rows, seed) < share
    return held


def _places(rows: Rows, seed: int) -> npt.NDArray[np.float64]:
    groups = [None] * len(rows) if rows.groups is None else rows.groups
    repeats = [0] * len(rows) if rows.repeats is None else rows.repeats
    return np.array(
        [
            _place((group,) if group is not None else (*row, int(again)) if again else row, seed)
            for row, group, again in zip(rows.features.itertuples(index=False), groups, repeats, strict=True)
        ],
        dtype=np.float64,
    )


def _check_sides(rows: Rows, held: npt.NDArray[np.bool_], folds: int, classes: tuple[str, ...]) -> None:
    if rows.groups is not None and rows.times is None:
        sides = [{*groups} for groups in (rows.groups[held], rows.groups[~held])]
        if not all(sides) or (len(sides[1]) < SPREAD and None not in sides[1]):
            raise TooFewRowsError(
                "the rows belong to too few groups to keep one apart and learn from others; "
                "take `roles.group` out of the contract, or add rows of other groups"
            )
    counts = np.bincount(rows.labels[~held], minlength=len(classes)) if classes else np.array([], dtype=np.int64)
    few = [name for name, count in zip(classes, counts, strict=True) if count < LEARNABLE]
    if few:
        _refuse_rare(few, classes, by_time=rows.times is not None)
    left = int((~held).sum())
    if left < SPREAD * folds:
        raise TooFewRowsError(
            f"the data set has {left} training rows of {len(rows)}, and {folds} folds need {SPREAD * folds}; "
            "add rows, or lower cross_validation.folds or holdout_share in params.yaml"
        )


def _refuse_rare(few: list[str], classes: tuple[str, ...], *, by_time: bool) -> None:
    """Raises TooFewRowsError that says what a person can do about the classes."""
    shown = ", ".join(repr(name[:40]) for name in few[:5]) + (" …" if len(few) > 5 else "")
    what = f"{len(few)} of {len(classes)} classes have" if len(few) > 1 else f"class {shown} has"
    why = " among the rows that are not the newest" if by_time else ""
    problem = f"{what} fewer than {LEARNABLE} training rows{why}{f': {shown}' if len(few) > 1 else ''}"
    if len(classes) - len(few) < SPREAD and len(few) < SPREAD:
        raise TooFewRowsError(f"{problem}; there is nothing to tell it from: add rows of it")
    if len(classes) - len(few) < SPREAD:
        raise TooFewRowsError(f"{problem}; such a column names rows: choose another target, or add rows of each class")
    ways = ", or take `roles.time` out of the contract" if by_time else ""
    raise TooFewRowsError(f"{problem}; add rows, or move the class from target.classes to target.leave_out{ways}")


def _place(values: tuple[Any, ...], seed: int) -> float:
    """Where a row falls between 0 and 1, evenly and for ever."""
    digest = sha256(repr((seed, *(_plain(value) for value in values))).encode())
    return int(digest[:13], 16) / 16**13


def _plain(value: Any) -> float | str:
    """A value in one spelling for every column; a missing one is NaN."""
    if isinstance(value, str):
        return value
    return float("nan") if value is None else float(value)
