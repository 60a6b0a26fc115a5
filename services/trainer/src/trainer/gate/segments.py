"""The comparison with the champion by segment: a challenger that is better on the whole can be worse for some."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from trainer.contract.segment_names import name_of
from trainer.gate.figures import Floats, Interval, paired_difference
from trainer.registry.verdict import Criterion
from trainer.thresholds import Gate

Mask = npt.NDArray[np.bool_]


def no_segment_worse(
    on: str, measure: str, features: pd.DataFrame, better: Floats, columns: Sequence[str], limits: Gate, seed: int
) -> list[Criterion]:
    """One criterion for each column of `columns` that has a segment with enough rows.

    `better` says for each of the n rows of `features` by how much the challenger is better: 1, 0 or -1 for a class. A
    segment fails when it is worse by more than the margin and chance does not explain that it is worse. The intervals
    of all segments together have the confidence that is asked for (Bonferroni).
    """
    judged = [(column, list(_segments(features[column], limits.minimum_rows))) for column in columns]
    count = sum(len(segments) for _, segments in judged)
    return [
        _worst(on, f"{measure} by {column}", [(name, better[mask]) for name, mask in segments], count, limits, seed)
        for column, segments in judged
        if segments
    ]


def _segments(values: pd.Series, least: int) -> Iterator[tuple[str, Mask]]:
    """The name and the rows of each value that has at least `least` rows; a missing one is a value too."""
    names = np.array([name_of(value) for value in values], dtype=object)
    for name in sorted(set(names)):
        mask = names == name
        if mask.sum() >= least:
            yield str(name), mask


def _worst(
    on: str, name: str, segments: Sequence[tuple[str, Floats]], count: int, limits: Gate, seed: int
) -> Criterion:
    """The deciding segment of one column: the first that fails, else that with the least difference."""
    confidence = 1 - (1 - limits.confidence) / count
    found = [
        (value, len(rows), paired_difference(rows, np.zeros_like(rows), confidence=confidence,
                                             resamples=limits.resamples, seed=seed))
        for value, rows in segments
    ]  # fmt: skip
    found.sort(key=lambda one: (not _fails(one[2], limits), one[2].estimate))
    value, rows, worst = found[0]
    interval = f"{worst.estimate:+.4f} [{worst.low:+.4f}, {worst.high:+.4f}]"
    return Criterion(
        name,
        on,
        passed=not _fails(worst, limits),
        figure=worst.estimate,
        found=f"{value}: {interval}, {rows} rows; {len(found)} segments judged",
        limit=f"no segment surely worse, and by more than {limits.segment_margin:g}",
        keys=("segment_margin",),
    )


def _fails(difference: Interval, limits: Gate) -> bool:
    return difference.estimate < -limits.segment_margin and difference.high < 0
