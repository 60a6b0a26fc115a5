"""Tests whether a model is surely better than guessing. The guess knows the judged rows' answers, not the rows."""

from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from trainer.decision import Decision
from trainer.gate import figures
from trainer.gate.figures import Floats, Interval, Labels

BINARY = 2


def better_classes(
    truth: Labels, shares: Floats, decision: Decision | None = None, **bootstrap: Any
) -> dict[str, Interval]:
    """By how much it is better than a guess, in each way that it may be; below zero it is worse.

    The guess is the most frequent class, or every class with its share. `bootstrap` is confidence, resamples and seed.
    """
    counts = np.bincount(truth, minlength=shares.shape[1])
    constant = np.tile(counts / counts.sum(), (len(truth), 1))
    bootstrap = _for_ways(bootstrap, ways=3)
    found = {
        "accuracy gained": figures.paired_difference(
            figures.right(truth, shares, decision), figures.right(truth, constant), **bootstrap
        ),
        "log-loss saved": figures.paired_difference(
            figures.losses(truth, constant), figures.losses(truth, shares), **bootstrap
        ),
    }
    if shares.shape[1] == BINARY and counts.all():
        found["ROC-AUC gained"] = _ranking(shares[truth == 1, 1], shares[truth == 0, 1], bootstrap["confidence"])
    return found


def better_values(
    truth: Floats, values: Floats, quantile: float | None = None, **bootstrap: Any
) -> dict[str, Interval]:
    """The same for a regression, as shares of what the mean is off by (R²) and of what the median is off by.

    Where a `quantile` is asked for, as a share of what the truths' own quantile loses.
    """
    if quantile is not None:
        guessed = np.full(len(truth), np.quantile(truth, quantile))
        losses = [figures.quantile_errors(truth, one, quantile) for one in (guessed, values)]
        return {"share of the quantile loss saved": figures.paired_difference(*losses, **bootstrap)}
    bootstrap = _for_ways(bootstrap, ways=2)
    middle = np.full(len(truth), np.median(truth))
    scale = np.abs(truth - middle).mean()
    return {
        "R² gained": figures.paired_difference(
            figures.errors(truth, np.full(len(truth), truth.mean())), figures.errors(truth, values), **bootstrap
        ),
        "share of the mean absolute error saved": figures.paired_difference(
            np.abs(truth - middle) / scale, np.abs(truth - values) / scale, **bootstrap
        ),
    }


def _for_ways(bootstrap: dict[str, Any], ways: int) -> dict[str, Any]:
    """Several looks are more often lucky than one: each has to be surer (Bonferroni)."""
    return bootstrap | {"confidence": 1 - (1 - bootstrap["confidence"]) / ways}


def _ranking(positive: Floats, negative: Floats, confidence: float) -> Interval:
    """ROC-AUC above one half, with the normal interval of DeLong et al., Biometrics 44, 1988.

    Its spread is at least that of a model that ranks by chance: a few rows in perfect order do not count as evidence.
    """
    above = _share_below(positive, negative)
    below = 1 - _share_below(negative, positive)
    area = float(above.mean())
    count = len(positive), len(negative)
    chance = (count[0] + count[1] + 1) / (12 * count[0] * count[1])
    measured = above.var() / count[0] + below.var() / count[1]
    reach = NormalDist().inv_cdf((1 + confidence) / 2) * float(np.sqrt(max(chance, measured)))
    return Interval(area - 0.5, area - 0.5 - reach, area - 0.5 + reach)


def _share_below(values: Floats, others: Floats) -> npt.NDArray[np.float64]:
    """For each value, the share of the others that are lower; an equal one counts half."""
    ordered = np.sort(others)
    lower, upper = (np.searchsorted(ordered, values, side=side) for side in ("left", "right"))
    found: Floats = (lower + upper) / (2 * len(others))
    return found
