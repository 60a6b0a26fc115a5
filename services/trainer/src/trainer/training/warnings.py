"""Points that a person should look at before a model is trusted, from the report of a training."""

from typing import Any

import numpy as np

TOO_GOOD = 0.999
"""The least accuracy, R², or ROC-AUC of two classes that is suspicious."""
MOST_NAMED = 5
"""Classes that have a sentence each."""


def warnings_of(report: dict[str, Any]) -> list[str]:
    """Sentences about the winner; none where nothing is odd."""
    winner = report["candidates"][report["winner"]]
    return [
        *_cut(report["candidates"]),
        *_too_good(winner["cross_validation"], classes=len(winner["holdout"].get("per_class", ()))),
        *_never_predicted(winner.get("confusion"), winner["holdout"]),
    ]


def _cut(candidates: dict[str, dict[str, Any]]) -> list[str]:
    return [
        f"{name}: {one['cut']}; a faster or slower run may choose other settings"
        for name, one in candidates.items()
        if "cut" in one
    ]


def _too_good(figures: dict[str, float], *, classes: int) -> list[str]:
    """The first figure that is; a rare class hides an answer in the columns from the accuracy alone."""
    names = {"accuracy": "accuracy", "r2": "r2", **({"roc_auc": "ROC-AUC"} if classes == 2 else {})}
    found = [name for name in names if figures.get(name, 0.0) >= TOO_GOOD]
    return [
        f"too good to be true: {names[name]} {figures[name]:.4f} in cross-validation; "
        "look for a column that is known only after the answer, or that is made from it"
        for name in found[:1]
    ]


def _never_predicted(confusion: list[list[int]] | None, quality: dict[str, Any]) -> list[str]:
    """Classes that the model gave no row of the hold-out."""
    if confusion is None:
        return []
    matrix = np.array(confusion)
    unseen = [
        (name, int(there))
        for name, there, predicted in zip(quality["per_class"], matrix.sum(axis=1), matrix.sum(axis=0), strict=True)
        if there and not predicted
    ]
    named = unseen[:MOST_NAMED]
    lines = [f"the model never says {name!r}: 0 of {there} found in the hold-out" for name, there in named]
    if more := len(unseen) - len(named):
        lines.append(f"the model never says {more} more of its {len(matrix)} classes")
    return lines
