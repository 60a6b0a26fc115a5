"""How much is measured."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    seconds: int
    """Of every run of wrk."""
    rounds: int
    """How often each server has its turn; figures are medians over them."""
    requests: int
    """Sent before memory is judged."""
    swaps: int
    """Of the model, before memory is judged again."""
    restarts: int
    """Of workers, before /metrics is timed again; a multiple of 4."""
    starts: int
    """Of a worker, timed."""
    frames: int
    """The least number of one-row records for the courier to land."""
    explained: int
    """Rows whose reasons are timed."""
    replayed: int
    """The least number of audited rows that a version answers again."""
    scored: int
    """Rows of a file."""


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
