"""Worlds that do not change, and what the alert on the accuracy that is estimated without labels makes of them.

The formulas are those of monitoring/prometheus/rules/estimate.yml for many worlds at once; test_quiet_estimates.py has
Prometheus' own evaluator confirm the floor.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.monitoring.quiet_worlds import DAY, Flags, Floats, Numbers

HOUR, PENDING, LEAST_ROWS = 60, 10, 200
"""Minutes of the window, minutes that EstimatedAccuracyDropped must hold, and the answers that it needs."""


@dataclass(frozen=True)
class Baseline:
    """What a version's bundle says of itself: numbers of rows, and shares that were right [w, 1]."""

    holdout_rows: int
    holdout_ratio: Floats
    calibration_rows: int


def estimated_floor(baseline: Baseline, answered: Floats, numbers: Numbers) -> Floats:
    """The recording rule `version:estimated:floor`, one value for each number of answered rows."""
    z, rows, ratio = np.sqrt(2 * np.log(0.5 / numbers.chance)), baseline.holdout_rows, baseline.holdout_ratio
    centre = (rows * ratio + z**2 / 2) / (rows + z**2)
    below = ratio - centre + z * np.sqrt(rows * ratio * (1 - ratio) + z**2 / 4) / (rows + z**2)
    chance = z * np.sqrt(centre * (1 - centre) * (1 / np.maximum(answered, 1) + 1 / baseline.calibration_rows))
    found: Floats = ratio - np.maximum(np.sqrt(below**2 + chance**2), numbers.tolerance)
    return found


def estimate_alarms(
    generator: np.random.Generator, worlds: int, rate: float, trained: int, holdout: int, accuracy: float,
    numbers: Numbers, *, classes: int = 3, lost: float = 0.0, minutes: int = DAY,
) -> Flags:  # fmt: skip
    """In which worlds EstimatedAccuracyDropped fires, when `rate` rows an hour are answered. Returns flags [w].

    The calibration was fitted to the `trained` cross-validated rows, so its mean there is the share that was right
    there: the estimate of later rows is wrong by as much. An answer is the most probable class, so its probability is
    between 1 / classes and 1: each row has one of these two, which is the largest variance that this mean can have.
    `lost` is how much less sure the model is of the rows of this day.
    """
    learned = generator.binomial(trained, accuracy, (worlds, 1)) / trained
    held = Baseline(holdout, generator.binomial(holdout, accuracy, (worlds, 1)) / holdout, trained)
    rows = generator.poisson(rate / 60, (worlds, minutes))
    least = 1 / classes
    sure = generator.binomial(rows, np.clip((learned - lost - least) / (1 - least), 0, 1))
    answered, expected = (_of_the_hour(counts) for counts in (rows, least * rows + (1 - least) * sure))
    below = expected / np.maximum(answered, 1) < estimated_floor(held, answered, numbers)
    low = below & (answered >= LEAST_ROWS)
    held_on = [low[:, start : minutes - PENDING + start] for start in range(PENDING + 1)]
    found: Flags = np.logical_and.reduce(held_on).any(axis=1)
    return found


def _of_the_hour(counts: npt.NDArray[Any]) -> Floats:
    """The sums of the last hour up to each minute [w, m]."""
    total = np.concatenate([np.zeros((len(counts), 1)), counts.cumsum(axis=1)], axis=1)
    ends = np.arange(1, total.shape[1])
    found: Floats = total[:, ends] - total[:, np.maximum(ends - HOUR, 0)]
    return found
