"""The measurements of the gate. Pure: the same answers and the same seed give the same figures."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

from trainer.decision import Decision, labels_of

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

CALIBRATION_BINS = 10
# A float32 share of 0 for what was true would be an infinite loss.
SMALLEST_SHARE = 1e-6
_AT_ONCE = 1_000_000


@dataclass(frozen=True)
class Interval:
    """A measured mean and where it lies with the confidence asked for."""

    estimate: float
    low: float
    high: float


def right(truth: Labels, shares: Floats, decision: Decision | None = None) -> Floats:
    """1 for each of n rows that is answered with the true class; `shares` is n x classes."""
    found: Floats = (labels_of(shares, decision) == truth).astype(np.float64)
    return found


def losses(truth: Labels, shares: Floats) -> Floats:
    """Each row's log-loss in nats."""
    of_truth = shares[np.arange(len(truth)), truth]
    found: Floats = -np.log(np.clip(of_truth.astype(np.float64), SMALLEST_SHARE, 1.0))
    return found


def calibration_error(truth: Labels, shares: Floats, confidence: Floats | None = None) -> float:
    """Expected calibration error of the most probable class, in ten bins of equal width.

    ``confidence`` of each row stands in for its highest probability where it is given.
    Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, equation 3.
    """
    confidence, hits = shares.max(axis=1) if confidence is None else confidence, right(truth, shares)
    bins = np.minimum((confidence * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    gaps = [
        abs(float(hits[bins == one].mean() - confidence[bins == one].mean())) * float((bins == one).mean())
        for one in np.unique(bins)
    ]
    return float(sum(gaps))


def determination(truth: Floats, values: Floats) -> float:
    """R²: 1 is right everywhere, 0 is no better than the mean of these rows."""
    return 1.0 - float(errors(truth, values).mean())


def errors(truth: Floats, values: Floats) -> Floats:
    """Each row's squared error as a share of the rows' variance, so that 1 minus its mean is R²."""
    found: Floats = (values - truth) ** 2 / truth.var()
    return found


def quantile_errors(truth: Floats, values: Floats, quantile: float) -> Floats:
    """Each row's quantile loss as a share of what the truths' own quantile loses on average.

    Koenker and Bassett, "Regression Quantiles", Econometrica 46, 1978.
    """
    scale = _quantile_loss(truth, np.full(len(truth), np.quantile(truth, quantile)), quantile).mean()
    found: Floats = _quantile_loss(truth, values, quantile) / scale
    return found


def _quantile_loss(truth: Floats, values: Floats, quantile: float) -> Floats:
    missed = truth - values
    found: Floats = np.maximum(quantile * missed, (quantile - 1) * missed)
    return found


def paired_difference(
    challenger: Floats, champion: Floats, *, confidence: float, resamples: int, seed: int
) -> Interval:
    """The mean difference of two models on the same n rows, with a percentile bootstrap interval over the rows.

    Rows are drawn as pairs: what is hard for both cancels out. Efron and Tibshirani, "An Introduction to the
    Bootstrap", 1993, chapter 13.
    """
    differences = challenger - champion
    generator, count = np.random.default_rng(seed), len(differences)
    drawn = max(1, _AT_ONCE // count)
    means = np.concatenate(
        [
            differences[generator.integers(0, count, (min(drawn, resamples - done), count))].mean(axis=1)
            for done in range(0, resamples, drawn)
        ]
    )
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(float(differences.mean()), float(low), float(high))


def area_of(truth: Labels, shares: Floats) -> float:
    """ROC-AUC of two classes; 0 for more classes, or where the rows have one alone.

    A rare class hides an answer in the columns from the accuracy, which its threshold moves, and not from this.
    """
    return float(roc_auc_score(truth == 1, shares[:, 1])) if shares.shape[1] == len(np.unique(truth)) == 2 else 0.0
