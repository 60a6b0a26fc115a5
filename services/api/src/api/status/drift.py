"""Each feature now against training: the population stability index, and how large it is by chance alone.

The same formulas as in `monitoring/prometheus/rules/drift.yml`, which explains them.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.bundle.reference import Reference
from api.status import thresholds


@dataclass(frozen=True, slots=True)
class FeatureDrift:
    """`psi` is None below the minimum of rows; `floor` is what chance alone explains, `limit` what raises the alert."""

    feature: str
    rows: int
    psi: float | None
    floor: float | None
    limit: float | None

    @property
    def drifted(self) -> bool:
        return self.psi is not None and self.limit is not None and self.psi > self.limit


def drift_of(reference: Reference, observed: Mapping[str, Mapping[str, float]]) -> list[FeatureDrift]:
    """By feature, the worst first; `observed` has answered rows by feature and bin."""
    trained = reference.rows or thresholds.TRAIN_ROWS
    found = []
    for name, feature in reference.features.items():
        counts = [observed.get(name, {}).get(label, 0.0) for label in feature.labels]
        rows = sum(counts)
        if rows < thresholds.DRIFT_ROWS:
            found.append(FeatureDrift(name, int(rows), None, None, None))
            continue
        floor = noise_floor(len(counts), len(reference.features), rows, trained)
        index = psi([share * trained for share in feature.share], counts)
        found.append(FeatureDrift(name, int(rows), index, floor, max(floor, thresholds.PSI)))
    return sorted(found, key=lambda one: (-(one.psi if one.psi is not None else -1.0), one.feature))


def noise_floor(bins: int, looks: int, rows: float, trained: float) -> float:
    """The index that chance alone explains, where the probability of a false alarm is divided among `looks`."""
    return _quantile(bins, looks) * (1 / rows + 1 / trained)


def psi(trained: Sequence[float], now: Sequence[float]) -> float:
    """The index of two lists of counts in the same bins, with half a row added to each bin."""
    total, seen, half = sum(trained) + 0.5 * len(trained), sum(now) + 0.5 * len(now), 0.5
    index = 0.0
    for before, after in zip(trained, now, strict=True):
        expected, found = (before + half) / total, (after + half) / seen
        index += (found - expected) * math.log(found / expected)
    return index


def _quantile(bins: int, looks: int) -> float:
    """Wilson and Hilferty's quantile of a chi-square distribution, the probability divided among the looks."""
    degrees = max(1, bins - 1)
    z = math.sqrt(2 * math.log(looks / (2 * thresholds.DRIFT_CHANCE)))
    part = 2 / (9 * degrees)
    return degrees * (1 - part + z * math.sqrt(part)) ** 3
