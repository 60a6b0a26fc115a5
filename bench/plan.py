"""The size of a benchmark: requests, seconds and repetitions, in full and quick."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    seconds: int
    """Seconds of each run of wrk."""
    rounds: int
    """Turns of each server; a figure is the median over its turns."""
    requests: int
    """Requests before memory is measured."""
    swaps: int
    """Model swaps before memory is measured again."""
    restarts: int
    """Restarts of workers before /metrics is timed again; a multiple of 4."""
    starts: int
    """Timed starts of a worker."""
    frames: int
    """The least number of one-row records for the courier to land."""
    explained: int
    """Rows whose reasons are timed."""
    replayed: int
    """The least number of audited rows that a version answers again."""
    scored: int
    """Rows of a scored file."""


FULL = Plan(
    seconds=5,
    rounds=3,
    requests=100_000,
    swaps=50,
    restarts=100,
    starts=7,
    frames=200_000,
    explained=1000,
    replayed=1_000_000,
    scored=10_000_000,
)
QUICK = Plan(
    seconds=2,
    rounds=2,
    requests=20_000,
    swaps=10,
    restarts=20,
    starts=3,
    frames=20_000,
    explained=300,
    replayed=100_000,
    scored=1_000_000,
)
