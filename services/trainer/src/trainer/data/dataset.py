"""The data set as arrays, and the split into training rows and the frozen hold-out."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from trainer.contract.contract import Contract
from trainer.data.table import read
from trainer.errors import TooFewRowsError
from trainer.workspace.files import sha256

SPREAD = 2
"""Rows below which nothing can be said about how values vary."""


@dataclass(frozen=True)
class Rows:
    """`features` is n x columns in the contract's order and units.

    `labels` are n indices into the target's classes, or of a regression n values in the target's unit.
    """

    features: pd.DataFrame
    labels: npt.NDArray[Any]

    def __len__(self) -> int:
        return len(self.features)

    def take(self, chosen: npt.NDArray[np.bool_]) -> "Rows":
        return Rows(self.features[chosen].reset_index(drop=True), self.labels[chosen])


@dataclass(frozen=True)
class Dataset:
    rows: Rows
    sha256: str
    """Of the bytes of the processed CSV."""


def load(path: Path, contract: Contract) -> Dataset:
    """Raises StageError when the file is not there, DataError when it breaks the contract."""
    frame = read(path, contract).reset_index(drop=True)
    target = frame[contract.target.name]
    index = {name: place for place, name in enumerate(contract.target.classes)}
    labels = np.array([index[name] for name in target], dtype=np.int64) if index else target.to_numpy(np.float64)
    return Dataset(Rows(frame[list(contract.features)], labels), sha256(path.read_bytes()))


def split(rows: Rows, *, share: float, seed: int, folds: int, classes: tuple[str, ...]) -> tuple[Rows, Rows]:
    """Training rows and hold-out.

    A row's own values decide its side, so that it never changes when rows are added, and that twins are never on both.
    Every class has at least one row held out, a regression (no `classes`) at least two. Raises TooFewRowsError when a
    class keeps fewer training rows than `folds`, a regression fewer than two for each fold.
    """
    place = _places(rows, seed)
    held = place < share
    if not classes:
        held |= place <= np.sort(place)[:SPREAD].max()
        _check_enough("the data set", np.full(len(rows), fill_value=True), held, folds, needed=SPREAD * folds)
    for label, name in enumerate(classes):
        members = rows.labels == label
        if members.any() and not (held & members).any():
            held |= place == place[members].min()
        _check_enough(f"class {name!r}", members, held, folds, needed=folds)
    return rows.take(~held), rows.take(held)


def held_out(rows: Rows, *, share: float, seed: int) -> npt.NDArray[np.bool_]:
    """Which rows no model that was split so has ever trained on."""
    held: npt.NDArray[np.bool_] = _places(rows, seed) < share
    return held


def _places(rows: Rows, seed: int) -> npt.NDArray[np.float64]:
    return np.array([_place(row, seed) for row in rows.features.itertuples(index=False)], dtype=np.float64)


def _check_enough(
    what: str, members: npt.NDArray[np.bool_], held: npt.NDArray[np.bool_], folds: int, *, needed: int
) -> None:
    left = int((members & ~held).sum())
    if left < needed or not members.any():
        raise TooFewRowsError(
            f"{what} has {left} training rows of {int(members.sum())}, and {folds} folds need {needed}; "
            "add rows, or lower cross_validation.folds or holdout_share in params.yaml"
        )


def _place(values: tuple[Any, ...], seed: int) -> float:
    """Where a row falls between 0 and 1, evenly and for ever."""
    digest = sha256(repr((seed, *(_plain(value) for value in values))).encode())
    return int(digest[:13], 16) / 16**13


def _plain(value: Any) -> float | str:
    """A value that is written alike whatever column it stood in; what is missing is not a number."""
    if isinstance(value, str):
        return value
    return float("nan") if value is None else float(value)
