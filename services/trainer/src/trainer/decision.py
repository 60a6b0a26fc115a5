"""Decides which of two classes is answered: the probability from which the rarer one is the answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Decision:
    """The threshold of a model with two classes."""

    place: int
    """The index of the class that is answered from `at` on; below it the other one is."""
    at: float

    def chosen(self, shares: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Whether the class is the answer, for [n, 2] probabilities: compared as float32, as the served model does."""
        found: npt.NDArray[np.bool_] = shares[:, self.place].astype(np.float32) >= np.float32(self.at)
        return found

    def distance(self, shares: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """How far each of n rows is from being answered otherwise."""
        found: npt.NDArray[np.float64] = np.abs(shares[:, self.place].astype(np.float64) - self.at)
        return found


def labels_of(shares: npt.NDArray[Any], decision: Decision | None) -> npt.NDArray[np.int64]:
    """Indices of the classes that are answered, [n], for probabilities [n, classes]."""
    if decision is None:
        most_probable: npt.NDArray[np.int64] = shares.argmax(axis=1)
        return most_probable
    return np.where(decision.chosen(shares), decision.place, 1 - decision.place)


def decision_of(manifest: Mapping[str, Any]) -> Decision | None:
    """The threshold in a bundle's manifest. Raises ValueError, KeyError or TypeError where it is malformed."""
    section = manifest.get("threshold")
    if section is None:
        return None
    classes, at = list(manifest["target"]["classes"]), float(section["at"])
    if len(classes) != 2 or not 0 < at < 1:
        raise ValueError("a threshold is between 0 and 1, of one class of two")
    return Decision(classes.index(section["class"]), at)
