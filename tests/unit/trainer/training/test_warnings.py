"""The report's warnings: figures that are too good, also where the accuracy alone is not, and classes never said."""

from typing import Any

import numpy as np
import pytest

from trainer.gate.figures import area_of
from trainer.training.warnings import warnings_of


def report(figures: dict[str, float], classes: int = 2) -> dict[str, Any]:
    holdout: dict[str, Any] = {"per_class": {f"c{label}": {} for label in range(classes)}}
    return {"winner": "one", "candidates": {"one": {"cross_validation": figures, "holdout": holdout}}}


@pytest.mark.parametrize(
    ("figures", "named"),
    [
        ({"accuracy": 0.97, "roc_auc": 0.9995}, "ROC-AUC 0.9995"),
        ({"accuracy": 0.9995, "roc_auc": 1.0}, "accuracy 0.9995"),
        ({"r2": 0.9999}, "r2 0.9999"),
    ],
)
def test_a_figure_too_good_to_be_true_is_named_once(figures: dict[str, float], named: str) -> None:
    (found,) = warnings_of(report(figures))
    assert found.startswith(f"too good to be true: {named}")


@pytest.mark.parametrize(("classes", "area"), [(2, 0.998), (3, 1.0)])
def test_other_figures_are_not(classes: int, area: float) -> None:
    assert warnings_of(report({"accuracy": 0.97, "roc_auc": area}, classes)) == []


@pytest.mark.parametrize(("classes", "named"), [(3, 2), (6, 5), (90, 5)])
def test_of_many_classes_that_are_never_predicted_five_are_named_and_the_others_counted(
    classes: int, named: int
) -> None:
    found = report({"accuracy": 0.5}, classes)
    confusion = np.zeros((classes, classes), dtype=int)
    confusion[:, 0] = 2  # each answer is the first class
    found["candidates"]["one"]["confusion"] = confusion.tolist()
    lines = warnings_of(found)
    assert lines[0] == "the model never says 'c1': 0 of 2 found in the hold-out"
    rest = [f"the model never says {classes - 1 - named} more of its {classes} classes"] if classes > 6 else []
    assert lines[named:] == rest


def test_the_gate_sees_two_classes_that_are_sorted_whatever_the_accuracy() -> None:
    truth = np.array([0] * 95 + [1] * 5)
    found = np.where(truth == 1, 0.4, 0.1)
    shares = np.column_stack([1 - found, found])
    assert area_of(truth, shares) == 1.0
    assert area_of(np.zeros(100, dtype=np.int64), shares) == 0.0
    assert area_of(truth, np.column_stack([shares, found])) == 0.0
