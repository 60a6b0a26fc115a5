"""The effect of chance alone on a quantile of latency, as in monitoring/prometheus/rules/model.yml."""

import math

CHANCE = 0.0005
"""The chance of a false alarm at one look; `quality:chance:ratio` in the rules."""
SQUARE = 2 * math.log(0.5 / CHANCE)
"""An upper bound of the squared normal quantile of CHANCE; `quality:chance:z` squared in the rules."""


def quantile_bounds(quantile: float, count: float) -> tuple[float, float]:
    """The levels between which the true quantile lies among `count` measured values; 0 and 1 where there are none."""
    spread = math.sqrt(SQUARE * quantile * (1 - quantile) / count) if count > 0 else 1.0
    return max(quantile - spread, 0.0), min(quantile + spread, 1.0)
