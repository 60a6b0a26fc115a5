"""Reads the growth of Prometheus's counters minute by minute: exact counts, where `increase()` extrapolates."""

import math
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainer.errors import ServiceUnreachableError
from trainer.loop.http_client import get_json

STEP_SECONDS = 60


def grown(address: str, selector: str, end: float, seconds: float) -> NDArray[np.float64]:
    """The growth of all counters of `selector` together in each whole minute of the last `seconds` before `end`.

    `address` is that of `query_range`, `end` a Unix time. A counter that is first seen in this time began at 0, and one
    that fell was started again. Raises ServiceUnreachableError.
    """
    minutes = max(1, math.floor(seconds / STEP_SECONDS))
    start = end - minutes * STEP_SECONDS
    query = {"query": selector, "start": f"{start:.3f}", "end": f"{end:.3f}", "step": str(STEP_SECONDS)}
    answer: Any = get_json(address, query)
    total = np.zeros(minutes)
    try:
        if answer["status"] != "success":
            raise ServiceUnreachableError(f"{address} refused {selector}: {answer.get('error')}")
        for series in answer["data"]["result"]:
            levels = {round((float(at) - start) / STEP_SECONDS): float(value) for at, value in series["values"]}
            total += list(_steps(levels, minutes))
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise ServiceUnreachableError(f"{address} answered something unexpected to {selector}") from error
    return total


def _steps(levels: dict[int, float], minutes: int) -> Iterable[float]:
    """The growth in each minute of one counter, from its level at each point in time; no level means no change."""
    level, filled = levels.get(0, 0.0), []
    for point in range(minutes + 1):
        level = levels.get(point, level)
        filled.append(level)
    return (after - before if after >= before else after for before, after in pairwise(filled))
