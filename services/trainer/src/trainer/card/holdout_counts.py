"""Counts of the hold-out and their 95 % intervals, by class, by segment and by confidence. Pure."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from trainer.contract.segment_names import name_of
from trainer.replay.statistics import mean_interval, wilson

BINS = 10
Measured = dict[str, Any]


def share(right: npt.NDArray[np.bool_]) -> Measured:
    """The share of n rows that are right, with Wilson's interval."""
    return _share(int(right.sum()), len(right))


def mean_error(errors: npt.NDArray[np.float64]) -> Measured:
    """The mean of n errors in the target's unit with its normal interval; no interval of fewer than two rows."""
    low, high = mean_interval(float(errors.sum()), float((errors**2).sum()), len(errors))
    ends = [max(low, 0.0), high] if len(errors) > 1 else None
    return {"rows": len(errors), "value": float(errors.mean()) if len(errors) else None, "interval": ends}


def estimate(expected: npt.NDArray[np.float64]) -> Measured:
    """The accuracy that n expectations of being right add up to: what is known before labels come."""
    return {"estimated": float(expected.mean()) if len(expected) else None}


def by_class(truth: npt.NDArray[np.int64], predicted: npt.NDArray[np.int64], classes: list[str]) -> list[Measured]:
    """For each class: recall over the rows that have it, precision over the rows that were answered with it."""
    return [
        {
            "name": name,
            "recall": share(predicted[truth == label] == label),
            "precision": share(truth[predicted == label] == label),
        }
        for label, name in enumerate(classes)
    ]


def by_segment(features: pd.DataFrame, rows: npt.NDArray[Any], measure: Callable[[Any], Measured]) -> list[Measured]:
    """For each value of each column of `features`, n x segment columns: the measure over its part of the n `rows`."""
    found = []
    for column in features.columns:
        names = np.array([name_of(value) for value in features[column]], dtype=object)
        found += [
            {"column": str(column), "value_name": str(value), **measure(rows[names == value])}
            for value in sorted(set(names))
        ]
    return found


def curve(confidence: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]) -> list[Measured]:
    """The reliability diagram: in ten bins of equal width, the mean confidence and the share that is right."""
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    return [
        {"confidence": float(confidence[bins == one].mean()), **share(right[bins == one])}
        for one in np.unique(bins).tolist()
    ]


def _share(right: int, rows: int) -> Measured:
    return {
        "rows": rows,
        "right": right,
        "value": right / rows if rows else None,
        "interval": list(wilson(right, rows)),
    }
