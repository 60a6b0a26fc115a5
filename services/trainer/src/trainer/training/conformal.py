"""The numbers of split-conformal sets and intervals, from hold-out rows that the model never trained on.

Split rather than CV+: the served model is fitted once, CV+ would need the models of all folds in the api. The guarantee
is exact for new rows like the hold-out: coverage is at least the promised one, and at most 1/(rows + 1) above it.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

CLASS_ROWS = 100
"""Where each class has this many hold-out rows, each has a number of its own (Mondrian): rare ones are covered."""
BIN_ROWS, MOST_BINS = 200, 5


def quantile(scores: Floats, coverage: float) -> float | None:
    """The ceil((n + 1) coverage)-th smallest of n scores; None where n is too small for that coverage."""
    rank = math.ceil((len(scores) + 1) * coverage - 1e-9)
    return float(np.sort(scores)[rank - 1]) if 0 < rank <= len(scores) else None


def of_classes(truth: npt.NDArray[np.int64], shares: Floats, coverage: float) -> dict[str, Any] | None:
    """The section `conformal` of a classification: the least probability with which each class is in the set.

    `truth` is n indices, `shares` n x classes. The score is 1 minus the probability of the true class (Sadinle, Lei and
    Wasserman, JASA 2019). None where there are too few rows.
    """
    scores = 1.0 - shares[np.arange(len(truth)), truth].astype(np.float64)
    counts = np.bincount(truth, minlength=shares.shape[1])
    by_class = bool(counts.min() >= CLASS_ROWS)
    groups = [scores[truth == label] if by_class else scores for label in range(shares.shape[1])]
    found = [quantile(group, coverage) for group in groups]
    least = [1.0 - one for one in found if one is not None]
    if len(least) < len(found):
        return None
    return {"coverage": coverage, "rows": len(truth), "by": "class" if by_class else "all", "least_probability": least}


def of_values(truth: Floats, values: Floats, coverage: float) -> dict[str, Any] | None:
    """The section `conformal` of a regression: half the interval's width, in each bin of the predicted value.

    `truth` and `values` have n rows. A bin has at least 200 rows; `edges` are closed on the right. None where there are
    too few rows.
    """
    scores = np.abs(truth - values).astype(np.float64)
    bins = max(1, min(MOST_BINS, len(values) // BIN_ROWS))
    edges = np.unique(np.quantile(values, np.arange(1, bins) / bins)) if bins > 1 else np.array([])
    # Many equal values leave a bin with few rows: then all rows are one bin.
    places = np.searchsorted(edges, values, side="left")
    if len(edges) and np.bincount(places, minlength=len(edges) + 1).min() < BIN_ROWS // 2:
        edges, places = np.array([]), np.zeros(len(values), dtype=np.int64)
    found = [quantile(scores[places == one], coverage) for one in range(len(edges) + 1)]
    widths = [one for one in found if one is not None]
    if len(widths) < len(found):
        return None
    by = "bin" if len(edges) else "all"
    return {"coverage": coverage, "rows": len(values), "by": by, "edges": edges.tolist(), "half_width": widths}
