"""How good a model is, and which of several is best. Pure: the same rows give the same scores."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    confusion_matrix,
    f1_score,
    log_loss,
    mean_absolute_error,
    mean_pinball_loss,
    precision_recall_fscore_support,
    r2_score,
    roc_auc_score,
    root_mean_squared_error,
)
from sklearn.pipeline import Pipeline

from trainer.data.dataset import Rows
from trainer.decision import Decision, labels_of
from trainer.params import QUANTILE_LOSS
from trainer.training.threshold import LOPSIDED, Unseen
from trainer.training.validation import Fold, folds_here, validation_of

Figures = dict[str, float]
UNRANKED = 0.5


@dataclass(frozen=True)
class Score:
    """Means over the folds: `score` as params.yaml asks, higher is better; `figures` all there are, by name."""

    score: float
    figures: Figures
    answered: tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]] | None = field(default=None, compare=False)
    """Of a classifier, out of fold: how confident each answer was, and whether it was right."""
    unseen: Unseen | None = field(default=None, compare=False, repr=False)
    """Of two classes: what the held out rows were answered."""

    @property
    def loss(self) -> float:
        """The tie-break between equal scores: log-loss in nats, or RMSE in the target's unit; lower is better."""
        return self.figures["log_loss"] if "log_loss" in self.figures else self.figures["rmse"]

    @property
    def record(self) -> Figures:
        return {"score": self.score, **self.figures}


@dataclass(frozen=True)
class Standing:
    """A candidate in the final comparison; `predict_seconds` is the time of one row."""

    name: str
    score: Score
    predict_seconds: float


def best(standings: list[Standing]) -> Standing:
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
    measured = [class_figures(fold.truth, fold.answers) for fold in folds]
    confident = np.concatenate([fold.answers.max(axis=1).astype(np.float64) for fold in folds])
    right = np.concatenate([fold.answers.argmax(axis=1) == fold.truth for fold in folds])
    unseen = None
    if folds[0].answers.shape[1] == 2:
        unseen = Unseen(
            np.concatenate([fold.truth for fold in folds]), np.concatenate([fold.answers for fold in folds])
        )
    return _score(measured, scoring, (confident, right), unseen)


def _score(
    measured: list[Figures],
    scoring: str,
    answered: tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]] | None = None,
    unseen: Unseen | None = None,
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


def class_figures(truth: npt.NDArray[np.int64], shares: npt.NDArray[np.float64]) -> Figures:
    """`truth` n indices, `shares` n x classes.

    ROC-AUC is one-vs-rest, the mean over the classes. Average precision is that of the rarer of two classes, of more
    the mean. Both are not a number where only one class is there.
    """
    predicted, counts = shares.argmax(axis=1), np.bincount(truth, minlength=shares.shape[1])
    there = np.flatnonzero((counts > 0) & (counts < len(truth)))
    rare = there if shares.shape[1] > 2 else there[np.argsort(counts[there], kind="stable")][:1]
    recalls = [float((predicted[truth == label] == label).mean()) for label in np.flatnonzero(counts)]
    return {
        "accuracy": float(accuracy_score(truth, predicted)),
        "balanced_accuracy": float(np.mean(recalls)),
        "f1_macro": float(f1_score(truth, predicted, average="macro", zero_division=0)),
        "roc_auc": _mean([roc_auc_score(truth == label, shares[:, label]) for label in there]),
        "average_precision": _mean([average_precision_score(truth == label, shares[:, label]) for label in rare]),
        "log_loss": float(log_loss(truth, shares, labels=range(shares.shape[1]))),
    }


def guess(rows: Rows, *, folds: int, seed: int, scoring: str, task: str) -> Score:
    """The score of a model that has seen the answers and none of the questions.

    It answers the shares of the classes, the mean, or the quantile of the values.
    """
    quantile = quantile_of(scoring)
    values = DummyRegressor() if quantile is None else DummyRegressor(strategy="quantile", quantile=quantile)
    dummy = values if task == "regression" else DummyClassifier(strategy="prior")
    return cross_validate(Pipeline([("model", dummy)]), rows, folds=folds, seed=seed, scoring=scoring, task=task)


def _mean(values: list[Any]) -> float:
    return float(np.mean(values)) if values else float("nan")


def value_quality(truth: npt.NDArray[np.float64], predicted: npt.NDArray[np.float64]) -> dict[str, float]:
    """The `quality` of a regression's manifest, for two rows or more: `rmse` and `mae` in the target's unit."""
    return {
        "rmse": float(root_mean_squared_error(truth, predicted)),
        "mae": float(mean_absolute_error(truth, predicted)),
        "r2": float(r2_score(truth, predicted)),
    }


def quality(
    truth: npt.NDArray[np.int64],
    probabilities: npt.NDArray[np.float64],
    classes: tuple[str, ...],
    decision: Decision | None = None,
) -> dict[str, Any]:
    """The `quality` of the bundle's manifest.

    `truth` is n indices into `classes`, `probabilities` n x classes. ROC-AUC is one-vs-rest, macro.
    """
    labels = range(len(classes))
    predicted = labels_of(probabilities, decision)
    precision, recall, f1, support = precision_recall_fscore_support(truth, predicted, labels=labels, zero_division=0)
    area = class_figures(truth, probabilities)["roc_auc"]
    return {
        "accuracy": float(accuracy_score(truth, predicted)),
        "precision_macro": float(precision.mean()),
        "recall_macro": float(recall.mean()),
        "f1_macro": float(f1.mean()),
        "log_loss": float(log_loss(truth, probabilities, labels=labels)),
        # Rows of one class alone can't be ranked.
        "roc_auc": UNRANKED if np.isnan(area) else area,
        "per_class": {
            name: {
                "precision": float(precision[label]),
                "recall": float(recall[label]),
                "f1": float(f1[label]),
                "support": int(support[label]),
            }
            for label, name in enumerate(classes)
        },
    }


def confusion(
    truth: npt.NDArray[np.int64],
    probabilities: npt.NDArray[np.float64],
    classes: tuple[str, ...],
    decision: Decision | None = None,
) -> list[list[int]]:
    """Rows are the true class, columns the predicted one."""
    matrix = confusion_matrix(truth, labels_of(probabilities, decision), labels=range(len(classes)))
    return [[int(count) for count in row] for row in matrix]
