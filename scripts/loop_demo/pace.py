"""Measures how slow this machine is right now; every step of the demo waits longer by that factor."""

import time

ROUNDS = 300_000
USUAL_SECONDS = 0.02
"""The time of this many rounds, on one idle core of a laptop."""
MOST = 4.0


def slowness() -> float:
    """How many times longer than usual a fixed piece of work takes, from 1 to 4. Takes that piece of work's time."""
    started, total = time.perf_counter(), 0
    for number in range(ROUNDS):
        total += number
    return min(max((time.perf_counter() - started) / USUAL_SECONDS, 1.0), MOST)
