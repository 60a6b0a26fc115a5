"""How good a model is, and which of several is best. Pure: the same rows give the same scores."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import clone
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    confusion_matrix,
    f1_score,
    log_loss,
    mean_absolute_error,
    precision_recall_fscore_support,
    r2_score,
    roc_auc_score,
    root_mean_squared_error,
)
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import Pipeline

from trainer.data.dataset import Rows
from trainer.training.pipeline import fit


@dataclass(frozen=True)
class Score:
    """Means over the folds: `score` as params.yaml asks, higher is better; `log_loss` in nats, lower is better."""

    score: float
    log_loss: float

    @property
    def loss(self) -> float:
        return self.log_loss


@dataclass(frozen=True)
class ValueScore:
    """The same for a regression; `rmse`, the root mean squared error, is in the target's unit, lower is better."""

    score: float
    rmse: float

    @property
    def loss(self) -> float:
        return self.rmse


@dataclass(frozen=True)
class Standing:
    """A candidate in the final comparison; `predict_seconds` is the time of one row."""

    name: str
    score: Score | ValueScore
    predict_seconds: float


def best(standings: list[Standing]) -> Standing:
    """The highest score; then the lowest loss; then the fastest prediction; then the first named."""
    return min(standings, key=lambda one: (-one.score.score, one.score.loss, one.predict_seconds))


def cross_validate(pipeline: Pipeline, rows: Rows, *, folds: int, seed: int, scoring: str) -> Score:
    """Stratified, shuffled by `seed`: every candidate and combination sees the same folds."""
    splitter = StratifiedKFold(n_splits=folds, shuffle=True, random_state=seed)
    scores, losses = [], []
    classes = np.unique(rows.labels)
    for train, test in splitter.split(rows.features, rows.labels):
        fitted = fit(clone(pipeline), rows.features.iloc[train], rows.labels[train])
        probabilities = fitted.predict_proba(rows.features.iloc[test])
        truth = rows.labels[test]
        scores.append(_score(scoring, truth, classes[probabilities.argmax(axis=1)]))
        losses.append(log_loss(truth, probabilities, labels=classes))
    return Score(float(np.mean(scores)), float(np.mean(losses)))


def cross_validate_values(pipeline: Pipeline, rows: Rows, *, folds: int, seed: int, scoring: str) -> ValueScore:
    """For a regression: folds shuffled by `seed`."""
    splitter = KFold(n_splits=folds, shuffle=True, random_state=seed)
    measured = []
    for train, test in splitter.split(rows.features):
        fitted = fit(clone(pipeline), rows.features.iloc[train], rows.labels[train])
        measured.append(value_quality(rows.labels[test], fitted.predict(rows.features.iloc[test])))
    means = {name: float(np.mean([one[name] for one in measured])) for name in measured[0]}
    chosen = {
        "r2": means["r2"],
        "neg_root_mean_squared_error": -means["rmse"],
        "neg_mean_absolute_error": -means["mae"],
    }
    return ValueScore(chosen[scoring], means["rmse"])


def value_quality(truth: npt.NDArray[np.float64], predicted: npt.NDArray[np.float64]) -> dict[str, float]:
    """The `quality` of a regression's manifest, for two rows or more: `rmse` and `mae` in the target's unit."""
    return {
        "rmse": float(root_mean_squared_error(truth, predicted)),
        "mae": float(mean_absolute_error(truth, predicted)),
        "r2": float(r2_score(truth, predicted)),
    }


def quality(
    truth: npt.NDArray[np.int64], probabilities: npt.NDArray[np.float64], classes: tuple[str, ...]
) -> dict[str, Any]:
    """The `quality` of the bundle's manifest.

    `truth` is n indices into `classes`, `probabilities` n x classes. ROC-AUC is one-vs-rest, macro.
    """
    labels = range(len(classes))
    predicted = probabilities.argmax(axis=1)
    precision, recall, f1, support = precision_recall_fscore_support(truth, predicted, labels=labels, zero_division=0)
    of_two = probabilities[:, 1] if len(classes) == 2 else probabilities
    return {
        "accuracy": float(accuracy_score(truth, predicted)),
        "precision_macro": float(precision.mean()),
        "recall_macro": float(recall.mean()),
        "f1_macro": float(f1.mean()),
        "log_loss": float(log_loss(truth, probabilities, labels=labels)),
        "roc_auc": float(roc_auc_score(truth, of_two, multi_class="ovr", labels=labels)),
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
    truth: npt.NDArray[np.int64], probabilities: npt.NDArray[np.float64], classes: tuple[str, ...]
) -> list[list[int]]:
    """Rows are the true class, columns the predicted one."""
    matrix = confusion_matrix(truth, probabilities.argmax(axis=1), labels=range(len(classes)))
    return [[int(count) for count in row] for row in matrix]


def _score(scoring: str, truth: npt.NDArray[np.int64], predicted: npt.NDArray[np.int64]) -> float:
    if scoring == "f1_macro":
        return float(f1_score(truth, predicted, average="macro", zero_division=0))
    return float({"accuracy": accuracy_score, "balanced_accuracy": balanced_accuracy_score}[scoring](truth, predicted))
