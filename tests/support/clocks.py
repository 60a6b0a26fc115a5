"""A clock that stands still until the test moves it."""

from dataclasses import dataclass


@dataclass
class Clock:
    """``now`` is in seconds."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now
