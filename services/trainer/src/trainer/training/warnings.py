"""What a person should look at before a model is trusted, from the report of a training."""

from typing import Any

TOO_GOOD = 0.999
"""Of accuracy, R², or the ROC-AUC of two classes."""


def warnings_of(report: dict[str, Any]) -> list[str]:
    """Sentences about the winner; none where nothing is odd."""
    winner = report["candidates"][report["winner"]]
    return [*_too_good(winner["cross_validation"]), *_never_said(winner.get("confusion"), winner["holdout"])]


def _too_good(figures: dict[str, float]) -> list[str]:
    found = [name for name in ("accuracy", "r2") if figures.get(name, 0.0) >= TOO_GOOD]
    return [
        f"too good to be true: {name} {figures[name]:.4f} in cross-validation; "
        "look for a column that is known only after the answer, or that is made from it"
        for name in found
    ]


def _never_said(confusion: list[list[int]] | None, quality: dict[str, Any]) -> list[str]:
    """Classes that the model gave no row of the hold-out."""
    if confusion is None:
        return []
    said = [sum(line[place] for line in confusion) for place in range(len(confusion))]
    names = list(quality["per_class"])
    return [
        f"the model never says {name!r}: 0 of {sum(confusion[place])} found in the hold-out"
        for place, name in enumerate(names)
        if not said[place] and sum(confusion[place])
    ]
