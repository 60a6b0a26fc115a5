"""Figures of answers against the truth: of classes, of values, and those of a bundle's manifest."""

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    confusion_matrix,
    f1_score,
    log_loss,
    mean_absolute_error,
    precision_recall_fscore_support,
    r2_score,
    roc_auc_score,
    root_mean_squared_error,
)

from trainer.decision import Decision, labels_of

Figures = dict[str, float]
UNRANKED = 0.5
"""ROC-AUC where one class alone is there."""


def class_figures(truth: npt.NDArray[np.int64], shares: npt.NDArray[np.float64]) -> Figures:
    """`truth` n indices, `shares` n x classes.

    ROC-AUC is one-vs-rest, the mean over the classes. Average precision is that of the rarer of two classes, of more
    the mean. Both are not a number where only one class is there.
    """
    predicted, counts = shares.argmax(axis=1), np.bincount(truth, minlength=shares.shape[1])
    there = np.flatnonzero((counts > 0) & (counts < len(truth)))
    rare = there if shares.shape[1] > 2 else there[np.argsort(counts[there], kind="stable")][:1]
    return {
        "accuracy": float(accuracy_score(truth, predicted)),
        **whole_figures(truth, predicted),
        "roc_auc": _mean([roc_auc_score(truth == label, shares[:, label]) for label in there]),
        "average_precision": _mean([average_precision_score(truth == label, shares[:, label]) for label in rare]),
        "log_loss": float(log_loss(truth, shares, labels=range(shares.shape[1]))),
    }


def whole_figures(truth: npt.NDArray[np.int64], predicted: npt.NDArray[np.int64]) -> Figures:
    """Figures that compare n indices and hold for rows of every class alone: a few rows lack some.

    Forman and Scholz, "Apples-to-Apples in Cross-Validation Studies", SIGKDD Explorations 12, 2010.
    """
    recalls = [float((predicted[truth == label] == label).mean()) for label in np.unique(truth)]
    return {
        "balanced_accuracy": float(np.mean(recalls)),
        "f1_macro": float(f1_score(truth, predicted, average="macro", zero_division=0)),
    }


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


def _mean(values: list[Any]) -> float:
    return float(np.mean(values)) if values else float("nan")
