"""The effect of chance alone on an accuracy, a share of failures and a quantile of latency, one look at a time.

The chance of a false decision and the intervals are those of the alert rules, monitoring/prometheus/rules/model.yml.
"""

import math

CHANCE = 0.0005
"""Of one look; `quality:chance:ratio` in the rules."""
SQUARE = 2 * math.log(0.5 / CHANCE)
"""An upper bound of the squared normal quantile of CHANCE; `quality:chance:z` squared in the rules."""


def floor(baseline_correct: float, baseline_rows: float, judged: float, tolerance: float) -> float:
    """The least accuracy that chance explains for `judged` answers, where the baseline was right so often.

    Wilson's interval of the baseline and Bernstein's inequality for the judged answers, as the root of the sum of
    squares, and never less than `tolerance` below the baseline. Both counts are above 0.
    """
    nats, square = -math.log(CHANCE), SQUARE
    ratio = min(baseline_correct / baseline_rows, 1.0)
    centre = (baseline_rows * ratio + square / 2) / (baseline_rows + square)
    spread = math.sqrt(square * (baseline_rows * ratio * (1 - ratio) + square / 4)) / (baseline_rows + square)
    first = nats / (3 * judged)
    by_chance = first + math.sqrt(first**2 + 2 * centre * (1 - centre) * nats / judged)
    return ratio - max(math.hypot(ratio - centre + spread, by_chance), tolerance)


def explains_failures(
    failed: float, asked: float, baseline_failed: float, baseline_asked: float, tolerance: float
) -> bool:
    """Whether chance explains `failed` of `asked` requests, where the baseline fails so often and `tolerance` more.

    The baseline's share is the centre of its Wilson interval: few requests of it prove little, and none nothing. The
    tail of the binomial distribution is exact. Counts are at least 0; Prometheus's are not whole, and are rounded.
    """
    number, count = round(failed), round(asked)
    ratio = (baseline_failed + SQUARE / 2) / (baseline_asked + SQUARE) + tolerance
    return ratio >= 1 or number <= count * ratio or _tail(number, count, ratio) > CHANCE


def quantile_bounds(quantile: float, count: float) -> tuple[float, float]:
    """The levels between which the true quantile lies among `count` measured values; 0 and 1 where there are none."""
    spread = math.sqrt(SQUARE * quantile * (1 - quantile) / count) if count > 0 else 1.0
    return max(quantile - spread, 0.0), min(quantile + spread, 1.0)


def _tail(number: int, count: int, ratio: float) -> float:
    """The chance of `number` or more of `count`, each with the chance `ratio`; `number` is above the mean."""
    ways = math.lgamma(count + 1) - math.lgamma(number + 1) - math.lgamma(count - number + 1)
    term = math.exp(ways + number * math.log(ratio) + (count - number) * math.log1p(-ratio))
    total = 0.0
    while number <= count and term > total * 1e-9:
        total += term
        term *= (count - number) / (number + 1) * ratio / (1 - ratio)
        number += 1
    return total
