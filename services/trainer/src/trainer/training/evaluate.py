"""Measures how good a model is, and chooses the best of several. Pure: the same rows give the same scores."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import mean_pinball_loss
from sklearn.pipeline import Pipeline

from trainer.data.dataset import Rows
from trainer.params import QUANTILE_LOSS
from trainer.training.figures import Figures, class_figures, value_quality, whole_figures
from trainer.training.threshold import LOPSIDED, OutOfFold
from trainer.training.validation import Fold, folds_here, validation_of


@dataclass(frozen=True)
class Score:
    """A model's figures on the folds. `score` as params.yaml asks, higher is better; `figures` all there are, by name.

    Means over the folds; balanced accuracy and macro F1 are of the answers of all folds together.
    """

    score: float
    figures: Figures
    answered: tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]] | None = field(default=None, compare=False)
    """A classifier's answers out of fold: the confidence of each, and whether it was right."""
    unseen: OutOfFold | None = field(default=None, compare=False, repr=False)
    """The answers to held-out rows, for two classes."""

    @property
    def loss(self) -> float:
        """The tie-break between equal scores: log-loss in nats, or RMSE in the target's unit; lower is better."""
        return self.figures["log_loss"] if "log_loss" in self.figures else self.figures["rmse"]

    @property
    def record(self) -> Figures:
        return {"score": self.score, **self.figures}


@dataclass(frozen=True)
class RankedCandidate:
    """A candidate in the final comparison; `predict_seconds` is the time of one row."""

    name: str
    score: Score
    predict_seconds: float


def best(standings: list[RankedCandidate]) -> RankedCandidate:
    """The highest score; then the lowest loss; then the fastest prediction; then the first named."""
    return min(standings, key=lambda one: (-one.score.score, one.score.loss, one.predict_seconds))


def scoring_for(labels: npt.NDArray[Any], task: str, asked: str) -> str:
    """The measure of `scoring: auto` for these labels: average precision where one class has nearly all the rows.

    There accuracy rewards a model that never says another class.
    """
    if asked != "auto":
        return asked
    if task == "regression":
        return "r2"
    largest = float(np.unique(labels, return_counts=True)[1].max()) / len(labels)
    return "average_precision" if largest > LOPSIDED else "accuracy"


def cross_validate(
    pipeline: Pipeline, rows: Rows, *, folds: int, seed: int, scoring: str, task: str = "classification"
) -> Score:
    """Every candidate and combination sees the same folds. Raises ValueError where the estimator can't be fitted."""
    validation = validation_of(rows, folds, seed, task)
    return score_of(folds_here(pipeline, validation), scoring, task)


def score_of(folds: Sequence[Fold], scoring: str, task: str) -> Score:
    """The score of one combination, from the answers of all its folds."""
    if task == "regression":
        return _score([_value_figures(fold.truth, fold.answers, scoring) for fold in folds], scoring)
    truth = np.concatenate([fold.truth for fold in folds])
    answers = np.concatenate([fold.answers for fold in folds])
    predicted = answers.argmax(axis=1)
    # A fold that lacks a rare class would count as one where that class is found.
    together = whole_figures(truth, predicted)
    measured = [class_figures(fold.truth, fold.answers) | together for fold in folds]
    answered = answers.max(axis=1).astype(np.float64), predicted == truth
    return _score(measured, scoring, answered, OutOfFold(truth, answers) if answers.shape[1] == 2 else None)


def _score(
    measured: list[Figures],
    scoring: str,
    answered: tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]] | None = None,
    unseen: OutOfFold | None = None,
) -> Score:
    # A fold without a class says nothing about how that class is ranked.
    figures = {
        name: float(np.mean([one[name] for one in measured if not np.isnan(one[name])] or [0.0]))
        for name in measured[0]
    }
    losses = {"neg_root_mean_squared_error": "rmse", "neg_mean_absolute_error": "mae", "neg_log_loss": "log_loss"}
    if quantile_of(scoring) is not None:
        losses[scoring] = "quantile_loss"
    return Score(-figures[losses[scoring]] if scoring in losses else figures[scoring], figures, answered, unseen)


def quantile_of(scoring: str) -> float | None:
    """The quantile in the name of a measure; None where it names none."""
    return float(scoring.removeprefix(QUANTILE_LOSS)) if scoring.startswith(QUANTILE_LOSS) else None


def _value_figures(truth: npt.NDArray[np.float64], predicted: npt.NDArray[np.float64], scoring: str) -> Figures:
    figures, quantile = value_quality(truth, predicted), quantile_of(scoring)
    if quantile is not None:
        figures["quantile_loss"] = float(mean_pinball_loss(truth, predicted, alpha=quantile))
    return figures


def guess(rows: Rows, *, folds: int, seed: int, scoring: str, task: str) -> Score:
    """The score of a model that has seen the answers and none of the questions.

    It answers the shares of the classes, the mean, or the quantile of the values.
    """
    quantile = quantile_of(scoring)
    values = DummyRegressor() if quantile is None else DummyRegressor(strategy="quantile", quantile=quantile)
    dummy = values if task == "regression" else DummyClassifier(strategy="prior")
    return cross_validate(Pipeline([("model", dummy)]), rows, folds=folds, seed=seed, scoring=scoring, task=task)
