"""Two versions on the same judged rows: each with its interval, and the difference with its own."""

import math
from typing import Any

Z = 1.959963984540054
"""The normal quantile of 97.5 %: intervals hold 95 %."""


def wilson(right: int, rows: int) -> tuple[float, float]:
    """The interval of a share (Wilson 1927); 0 and 1 where there are no rows."""
    if not rows:
        return 0.0, 1.0
    share, square = right / rows, Z * Z / rows
    middle = (share + square / 2) / (1 + square)
    spread = Z / (1 + square) * math.sqrt(share * (1 - share) / rows + square / (4 * rows))
    return max(0.0, middle - spread), min(1.0, middle + spread)


def mcnemar(only_old: int, only_new: int) -> float:
    """The two-sided exact p-value that both versions are as often right (McNemar 1947); 1 where none differs."""
    rows, least = only_old + only_new, min(only_old, only_new)
    if not rows:
        return 1.0
    logs = [math.lgamma(rows + 1) - math.lgamma(k + 1) - math.lgamma(rows - k + 1) for k in range(least + 1)]
    total = math.fsum(math.exp(one - rows * math.log(2)) for one in logs)
    return min(1.0, 2 * total)


def paired(only_old: int, only_new: int, rows: int) -> tuple[float, float]:
    """The interval of new accuracy minus old accuracy on the same rows (Agresti and Min 2005)."""
    if not rows:
        return -1.0, 1.0
    # Half a row in each of the four cells keeps the interval honest where few rows differ.
    new, old, total = only_new + 0.5, only_old + 0.5, rows + 2
    difference = (new - old) / total
    spread = Z * math.sqrt(max(0.0, (new + old) / total - difference**2) / total)
    return max(-1.0, difference - spread), min(1.0, difference + spread)


def mean_interval(total: float, squares: float, rows: int) -> tuple[float, float]:
    """The interval of a mean from its sum and its sum of squares."""
    if rows < 2:
        return -math.inf, math.inf
    mean = total / rows
    spread = Z * math.sqrt(max(0.0, squares / rows - mean**2) / (rows - 1))
    return mean - spread, mean + spread


def quality(counts: dict[str, int]) -> dict[str, Any]:
    """`counts`: judged rows, and of them both right, only the old one, only the new one."""
    rows, both, old, new = (counts[key] for key in ("judged", "both", "only_old", "only_new"))
    return {
        "rows": rows,
        "old": {"accuracy": (both + old) / rows if rows else None, "interval": wilson(both + old, rows)},
        "new": {"accuracy": (both + new) / rows if rows else None, "interval": wilson(both + new, rows)},
        "only_old_right": old,
        "only_new_right": new,
        "difference": {"value": (new - old) / rows if rows else None, "interval": paired(old, new, rows)},
        "mcnemar_p": mcnemar(old, new),
    }
