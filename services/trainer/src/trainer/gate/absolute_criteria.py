"""Criteria for any model, also the first: better than guessing, and the floors that params.yaml sets."""

from typing import Any

import numpy as np

from trainer.contract.outliers import WAY, outweighing
from trainer.decision import labels_of
from trainer.gate import figures
from trainer.gate.baseline import better_classes, better_values
from trainer.gate.contender import Contender
from trainer.gate.figures import Floats, Interval, Labels
from trainer.registry.verdict import Criterion
from trainer.thresholds import Gate
from trainer.training.calibration import expected

HOLDOUT = "hold-out"
TOO_GOOD = 0.999
ESTIMATE_ERROR, ESTIMATE_ROWS = 0.05, 500
"""The expected calibration error of the estimate, and the hold-out rows it takes to judge it."""
SHOWN = 10
"""Classes that are named one by one."""


def absolute_classes(truth: Labels, shares: Floats, challenger: Contender, limits: Gate, seed: int) -> list[Criterion]:
    """`truth` and `shares` (n x classes) are of the rows that the challenger never trained on."""
    decision = challenger.decision
    accuracy, loss = float(figures.right(truth, shares, decision).mean()), float(figures.losses(truth, shares).mean())
    error, count = figures.calibration_error(truth, shares), f"{len(truth)} rows"
    better = better_classes(truth, shares, decision, **_bootstrap(limits, seed))
    return [
        _guessing(better, limits),
        *(_too_good("accuracy", accuracy) or _too_good("ROC-AUC", figures.area_of(truth, shares))),
        *at_least("accuracy", HOLDOUT, accuracy, limits.accuracy_floor, f"{accuracy:.4f}, {count}", "accuracy_floor"),
        *at_most("log-loss", HOLDOUT, loss, limits.log_loss_ceiling, f"{loss:.4f}, {count}", "log_loss_ceiling"),
        *_recalls(truth, labels_of(shares, decision), challenger.manifest["target"]["classes"], limits),
        *_estimate(truth, shares, challenger.manifest.get("calibration")),
        *at_most(
            "calibration error", HOLDOUT, error, limits.calibration_ceiling, f"{error:.4f}", "calibration_ceiling"
        ),
    ]


def absolute_values(
    truth: Floats, values: Floats, limits: Gate, seed: int, *, quantile: float | None = None
) -> list[Criterion]:
    """The same for a regression, with n values; `quantile` where it is judged by its quantile loss."""
    found = figures.determination(truth, values)
    far = outweighing(truth) if quantile is None else None
    better = better_values(truth, values, quantile, **_bootstrap(limits, seed))
    return [
        _guessing(better, limits, hint=f"{far} from the median: {WAY}" if far else ""),
        *_too_good("R²", found),
        *at_least("R²", HOLDOUT, found, limits.r2_floor, f"{found:.4f}, {len(truth)} rows", "r2_floor"),
    ]


def at_least(name: str, on: str, figure: float, limit: float | None, found: str, key: str) -> list[Criterion]:
    """None where no limit is set; `key` of params.yaml sets it."""
    if limit is None:
        return []
    return [Criterion(name, on, figure >= limit, figure, found, f"at least {limit:g}", keys=(key,))]


def at_most(name: str, on: str, figure: float, limit: float | None, found: str, key: str) -> list[Criterion]:
    """Compare a figure with its upper limit. Without a limit there is no criterion."""
    if limit is None:
        return []
    return [Criterion(name, on, figure <= limit, figure, found, f"at most {limit:g}", keys=(key,) if key else ())]


def _bootstrap(limits: Gate, seed: int) -> dict[str, float]:
    return {"confidence": limits.confidence, "resamples": limits.resamples, "seed": seed}


def _guessing(better: dict[str, Interval], limits: Gate, hint: str = "") -> Criterion:
    """One way of being surely better is enough: a rare class may be ranked well and hardly ever be predicted.

    `hint` is for a model that is not better: why that may be, and what helps.
    """
    name, best = max(better.items(), key=lambda one: one[1].low)
    sure, anyway = best.low > 0, limits.no_better_than_guessing == "serve_anyway"
    found = f"{name} {best.estimate:+.4f} [{best.low:+.4f}, {best.high:+.4f}]"
    if not sure:
        found = "; ".join(filter(None, (f"NO BETTER THAN GUESSING: {found}", hint)))
    return Criterion(
        "against guessing",
        HOLDOUT,
        sure or anyway,
        best.estimate,
        found,
        "surely above 0" if not anyway else "anything (no_better_than_guessing: serve_anyway)",
        warns=not sure,
        keys=("no_better_than_guessing: serve_anyway",),
    )


def _too_good(name: str, figure: float) -> list[Criterion]:
    if figure < TOO_GOOD:
        return []
    found = f"{name} {figure:.4f}: is a column known only after the answer, or made from it?"
    name, limit = "too good to be true", "looked at by a person"
    return [Criterion(name, HOLDOUT, passed=True, figure=figure, found=found, limit=limit, warns=True)]


def _estimate(truth: Labels, shares: Floats, calibration: dict[str, Any] | None) -> list[Criterion]:
    """Whether the estimate without labels can be relied on. A warning: what is served does not depend on it.

    With fewer rows chance alone makes an error of that size.
    """
    if calibration is None or len(truth) < ESTIMATE_ROWS:
        return []
    error = figures.calibration_error(truth, shares, expected(calibration, shares.max(axis=1)))
    name, limit = "error of estimated accuracy", f"at most {ESTIMATE_ERROR:g}, or looked at by a person"
    found, warns = f"{error:.4f}, {len(truth)} rows", error > ESTIMATE_ERROR
    return [Criterion(name, HOLDOUT, passed=True, figure=error, found=found, limit=limit, warns=warns)]


def _recalls(truth: Labels, predicted: Labels, classes: list[str], limits: Gate) -> list[Criterion]:
    """Every class with rows enough where a floor is set; and whatever class the model never finds."""
    counts = np.bincount(truth, minlength=len(classes))
    found, silent = [], 0
    for label in np.flatnonzero(counts):
        hits, count = int((predicted[truth == label] == label).sum()), int(counts[label])
        name, recall, judged = f"recall of {classes[label]}", hits / count, count >= limits.recall_rows
        text = f"{hits} of {count} found"
        if judged and limits.recall_floor is not None:
            floor = limits.recall_floor
            found += at_least(name, HOLDOUT, recall, floor, f"{recall:.4f}, {text}", "recall_floor")
        elif not hits:
            silent += 1
            text += "" if judged else "; too few to judge"
            limit = "looked at by a person"
            if silent <= SHOWN:
                found.append(Criterion(name, HOLDOUT, passed=True, figure=recall, found=text, limit=limit, warns=True))
    if silent > SHOWN:
        text = f"{silent - SHOWN} more classes that the model never finds"
        limit = "looked at by a person"
        found.append(Criterion("recall", HOLDOUT, passed=True, figure=None, found=text, limit=limit, warns=True))
    return found
