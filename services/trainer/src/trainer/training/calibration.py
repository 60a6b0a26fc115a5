"""Calibrates confidence: learns from predictions out of fold how often an answer of that confidence is right."""

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

Floats = npt.NDArray[np.float64]

KNOTS = (
    0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.925, 0.95, 0.97, 0.98, 0.99, 0.995, 1.0,
)  # fmt: skip
"""The map is steep near 1, so the knots are closer there."""
LEAST_ROWS = 50
"""From fewer rows no map is learned, and no estimate is offered."""
_SMALLEST = 1e-3


def calibration(confidence: Floats, right: npt.NDArray[np.bool_]) -> dict[str, Any] | None:
    """The manifest's section `calibration`: n confidences in 0 to 1 and whether each was right; None below 50 rows.

    Beta calibration (Kull, Silva Filho and Flach, AISTATS 2017): a logistic regression on log c and -log(1 - c). It has
    three parameters, so a few hundred rows are enough, and it goes on sensibly where few training rows lie. Where every
    answer was right, or none, there is nothing to fit and the confidence itself is used.
    """
    if len(right) < LEAST_ROWS:
        return None
    knots = np.array(KNOTS)
    correct = knots
    if 0 < right.sum() < len(right):
        correct = _fitted(_logs(confidence), right, _logs(knots))
    return {"rows": len(right), "confidence": list(KNOTS), "correct": [round(float(one), 4) for one in correct]}


def expected(section: dict[str, Any], confidence: Floats) -> Floats:
    """How often answers of each of n confidences are right, by the section `calibration`."""
    found: Floats = np.interp(confidence, section["confidence"], section["correct"])
    return found


def _fitted(logs: Floats, right: npt.NDArray[np.bool_], knots: Floats) -> Floats:
    """How often answers are right at the knots; a higher confidence never means less.

    As in the source, a term with a negative weight is left out: where no row lies, at confidences that a class of three
    never has, it would say that answers are always right. Without any term it is the mean.
    """
    used = [0, 1]
    while used:
        # C keeps the fit finite where confidence separates right from wrong.
        model = LogisticRegression(C=100.0, max_iter=1000).fit(logs[:, used], right)
        if (model.coef_[0] >= 0).all():
            found: Floats = np.maximum.accumulate(model.predict_proba(knots[:, used])[:, 1])
            return found
        del used[int(model.coef_[0].argmin())]
    return np.full(len(knots), right.mean())


def _logs(confidence: Floats) -> Floats:
    clipped = np.clip(confidence.astype(np.float64), _SMALLEST, 1 - _SMALLEST)
    return np.column_stack([np.log(clipped), -np.log1p(-clipped)])
