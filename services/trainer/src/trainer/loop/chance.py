"""How far an accuracy falls by chance alone: the formula of the alert rules, monitoring/prometheus/rules/model.yml."""

import math

CHANCE = 0.0005
"""Of one look; `quality:chance:ratio` in the rules."""


def floor(baseline_correct: float, baseline_rows: float, judged: float, tolerance: float) -> float:
    """The least accuracy that chance explains for `judged` answers, where the baseline was right so often.

    Wilson's interval of the baseline and Bernstein's inequality for the judged answers, as the root of the sum of
    squares, and never less than `tolerance` below the baseline. Both counts are above 0.
    """
    nats, square = -math.log(CHANCE), 2 * math.log(0.5 / CHANCE)
    ratio = min(baseline_correct / baseline_rows, 1.0)
    centre = (baseline_rows * ratio + square / 2) / (baseline_rows + square)
    spread = math.sqrt(square * (baseline_rows * ratio * (1 - ratio) + square / 4)) / (baseline_rows + square)
    first = nats / (3 * judged)
    by_chance = first + math.sqrt(first**2 + 2 * centre * (1 - centre) * nats / judged)
    return ratio - max(math.hypot(ratio - centre + spread, by_chance), tolerance)
