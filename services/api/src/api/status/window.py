"""Figures of a stretch of time, from the counters: increases, shares, quantiles."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

from api.status.history import Sample
from api.status.sample import parts

Increases = Mapping[str, float]


def increases(samples: Sequence[Sample], since: float) -> dict[str, float]:
    """By how much each counter grew after `since`. A counter that fell was started again from zero."""
    start = max((place for place, one in enumerate(samples) if one["at"] <= since), default=None)
    if start is None and samples and samples[0].get("cut"):
        start = 0
    chosen = samples if start is None else samples[start:]
    grown: dict[str, float] = defaultdict(float)
    # Before the first sample of all there was nothing, unless older ones were dropped.
    before: Mapping[str, float] = chosen[0]["counts"] if chosen and start is not None else {}
    for sample in chosen if start is None else chosen[1:]:
        counts: Mapping[str, float] = sample["counts"]
        for name, value in counts.items():
            last = before.get(name, 0.0)
            if value != last:
                grown[name] += value - last if value > last else value
        before = counts
    return dict(grown)


def by(grown: Increases, kind: str, place: int = 1) -> dict[str, float]:
    """Sums over the counters of a kind, by the part of their name at `place`."""
    sums: dict[str, float] = defaultdict(float)
    for name, value in grown.items():
        words = parts(name)
        if words[0] == kind:
            sums[words[place]] += value
    return dict(sums)


def quantile(buckets: Mapping[str, float], share: float) -> float | None:
    """As Prometheus's histogram_quantile, linear inside a bucket; None without observations or in the last bucket."""
    bounds = sorted((float(bound), count) for bound, count in buckets.items())
    if not bounds or bounds[-1][1] <= 0:
        return None
    wanted = share * bounds[-1][1]
    below, lower = 0.0, 0.0
    for bound, count in bounds:
        if count >= wanted:
            if math.isinf(bound):
                return None
            return lower + (bound - lower) * (wanted - below) / (count - below) if count > below else bound
        below, lower = count, bound
    return None


def wilson(correct: float, judged: float, z: float = 1.96) -> tuple[float, float] | None:
    """Wilson's 95 % interval of a share; None where nothing was judged."""
    if judged <= 0:
        return None
    share = correct / judged
    centre = (share + z * z / (2 * judged)) / (1 + z * z / judged)
    half = z / (1 + z * z / judged) * math.sqrt(share * (1 - share) / judged + z * z / (4 * judged * judged))
    return max(0.0, centre - half), min(1.0, centre + half)
