"""Cross-validation fold by fold: each fit stands alone, so it can run in this process or on a worker."""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from trainer.data.dataset import Rows
from trainer.training.folds import Places, folds_of
from trainer.training.isolation import Runner, directly
from trainer.training.pipeline import fit


@dataclass(frozen=True)
class Validation:
    """Rows, and for each fold the places that are learnt from and the places that are tested."""

    rows: Rows
    places: tuple[tuple[Places, Places], ...]
    task: str


@dataclass(frozen=True)
class Fold:
    """The answers to the n rows of one fold's test."""

    truth: npt.NDArray[Any]
    """n indices into the classes, or of a regression n values in the target's unit."""
    answers: npt.NDArray[Any]
    """n x classes probabilities in the estimator's own precision, or n values."""


class Trial(NamedTuple):
    """One combination of settings."""

    candidate: str
    number: int
    """From 1, in the order in which they are tried."""


class Fits(Protocol):
    """Where the fits of a search run."""

    def expect(self, trial: Trial, pipeline: Pipeline) -> None:
        """This trial will be asked for later, so its fits may begin now."""

    def folds(self, trial: Trial, pipeline: Pipeline, ask: Runner = directly) -> list[Fold]:
        """Every fold, in order; a fit on this machine runs by `ask`. Raises ValueError where it can't be fitted."""


class LocalFits:
    """Fits on this machine, one after another."""

    def __init__(self, validation: Validation) -> None:
        self._validation = validation

    def expect(self, trial: Trial, pipeline: Pipeline) -> None:
        """Nothing runs ahead."""

    def folds(self, trial: Trial, pipeline: Pipeline, ask: Runner = directly) -> list[Fold]:
        found: list[Fold] = ask(folds_here, pipeline, self._validation)
        return found


def validation_of(rows: Rows, folds: int, seed: int, task: str) -> Validation:
    """Every candidate and combination sees the same folds."""
    return Validation(rows, tuple(folds_of(rows, folds, seed, classes=task == "classification")), task)


def folds_here(pipeline: Pipeline, validation: Validation) -> list[Fold]:
    """Fit and answer every fold in this process."""
    return [fold_of(pipeline, validation, number) for number in range(len(validation.places))]


def fold_of(pipeline: Pipeline, validation: Validation, number: int) -> Fold:
    """Fit a copy of the pipeline on one fold and answer its test. Raises ValueError where it can't be fitted."""
    rows, (train, test) = validation.rows, validation.places[number]
    weights = None if rows.weights is None else rows.weights[train]
    fitted = fit(clone(pipeline), rows.features.iloc[train], rows.labels[train], weights)
    truth, features = rows.labels[test], rows.features.iloc[test]
    if validation.task == "regression":
        return Fold(truth, fitted.predict(features))
    classes = np.unique(rows.labels)
    found = fitted.predict_proba(features)
    # In the estimator's own precision: how close a sum of float32 comes to 1 is judged by that.
    shares = np.zeros((len(test), len(classes)), dtype=found.dtype)
    # The oldest rows of a table may lack a class.
    shares[:, np.searchsorted(classes, fitted.classes_)] = found
    return Fold(np.searchsorted(classes, truth), shares)
