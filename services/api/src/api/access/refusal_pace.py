"""When a refusal is sent: a moment after the request, and no more of them in a second than the worker can spare."""

import time
from collections.abc import Callable

DELAY = 0.025
"""Seconds until a refusal is sent. Clients that ignore Retry-After ask again as soon as they hear of it."""

INTERVAL = 1 / 2000
"""Seconds between two refusals, which take about 0.07 ms of CPU time each: a seventh of a core."""

LONGEST = 1.0
"""Seconds: as long as Retry-After asks the client to wait."""


class RefusalPace:
    """Spreads the refusals of one worker, so that clients that retry at once leave it the time to answer others.

    Up to 2,000 a second are sent ``DELAY`` after their requests. Beyond that each waits for its turn, at most
    ``LONGEST``.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = 0.0
        """The time at which the latest refusal is sent."""

    def delay(self) -> float:
        """Seconds until the next refusal is sent, which is taken as sent then."""
        now = self._clock()
        self._last = min(max(self._last + INTERVAL, now + DELAY), now + LONGEST)
        return self._last - now
