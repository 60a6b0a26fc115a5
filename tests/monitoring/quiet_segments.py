"""Worlds of many segments that do not change, and what SegmentAccuracyDropped makes of their feedback.

The formulas are those of monitoring/prometheus/rules/estimate.yml for many worlds at once; test_quiet_segments.py has
Prometheus' own evaluator confirm the floor.
"""

from dataclasses import dataclass

import numpy as np

from tests.monitoring.quiet_worlds import Flags, Floats, Numbers, floor

STEPS = 144
"""Looks in a day, one every ten minutes: the windows are days, so less than one in a hundred of their rows changes."""
BEFORE_DAYS = 7


@dataclass(frozen=True)
class Segments:
    """Feedback of w worlds of s segments in each step of ten minutes [w, s, t]."""

    judged: Floats
    right: Floats

    @classmethod
    def simulated(cls, generator: np.random.Generator, rate: float, accuracies: Floats) -> "Segments":
        """`rate` judged answers an hour over all segments, which differ in size; `accuracies` [w, s, t]."""
        worlds, segments, _ = accuracies.shape
        sizes = generator.dirichlet(np.ones(segments), worlds)[..., None]
        judged = generator.poisson(np.broadcast_to(rate * sizes * 24 / STEPS, accuracies.shape))
        return cls(judged.astype(float), generator.binomial(judged, accuracies).astype(float))

    def fires(self, numbers: Numbers) -> Flags:
        """Whether the alert's expression holds at the end of each step, in each segment [w, s, t]."""
        day, right = (_sums(counts, STEPS, 0) for counts in (self.judged, self.right))
        before, before_right = (_sums(counts, BEFORE_DAYS * STEPS, STEPS) for counts in (self.judged, self.right))
        compared = (day > 0).sum(axis=1, keepdims=True)
        least = floor(before_right, np.maximum(before, 1), day, numbers, compared)
        found: Flags = (day > 0) & (before > 0) & (right / np.maximum(day, 1) < least)
        return found


def _sums(counts: Floats, steps: int, ago: int) -> Floats:
    """Of the `steps` that ended `ago` steps before the end of each."""
    total = np.concatenate([np.zeros((*counts.shape[:-1], 1)), counts.cumsum(axis=-1)], axis=-1)
    ends = np.maximum(np.arange(1, total.shape[-1]) - ago, 0)
    found: Floats = total[..., ends] - total[..., np.maximum(ends - steps, 0)]
    return found
