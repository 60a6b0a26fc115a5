"""The data set as arrays, and the split into training rows and the frozen hold-out."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from trainer.contract import Contract
from trainer.errors import TooFewRowsError
from trainer.files import sha256
from trainer.table import read


@dataclass(frozen=True)
class Rows:
    """`features` is n x columns in the contract's order and units; `labels` are n indices into the target's classes."""

    features: pd.DataFrame
    labels: npt.NDArray[np.int64]

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
    index = {name: place for place, name in enumerate(contract.target.classes)}
    labels = np.array([index[name] for name in frame[contract.target.name]], dtype=np.int64)
    return Dataset(Rows(frame[list(contract.features)], labels), sha256(path.read_bytes()))


def split(rows: Rows, *, share: float, seed: int, folds: int, classes: tuple[str, ...]) -> tuple[Rows, Rows]:
    """Training rows and hold-out.

    A row's own values decide its side, so that it never changes when rows are added, and that twins are never on both.
    Every class has at least one row held out. Raises TooFewRowsError when a class keeps fewer training rows than
    `folds`.
    """
    place = np.array([_place(row, seed) for row in rows.features.itertuples(index=False)])
    held = place < share
    for label, name in enumerate(classes):
        members = rows.labels == label
        if members.any() and not (held & members).any():
            held |= place == place[members].min()
        if (members & ~held).sum() < folds or not members.any():
            raise TooFewRowsError(
                f"class {name!r} has {int((members & ~held).sum())} training rows of {int(members.sum())}, and "
                f"{folds} folds need {folds}; add rows, or lower cross_validation.folds or holdout_share in params.yaml"
            )
    return rows.take(~held), rows.take(held)


def _place(values: tuple[float, ...], seed: int) -> float:
    """Where a row falls between 0 and 1, evenly and for ever."""
    digest = sha256(repr((seed, *(float(value) for value in values))).encode())
    return int(digest[:13], 16) / 16**13
