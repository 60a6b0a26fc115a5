"""Rate limits by key, counted for all workers together in shared memory."""

import hashlib
import mmap
import time
from collections.abc import Callable, Iterable

_PLACES = 4096


class RateLimits:
    """Token buckets, each written as one number: when the bucket would be full again (ITU-T I.371's generic cell rate
    algorithm). That number is all a worker reads and writes, so the workers need no lock. A worker that is stopped
    between the two may undo what others count meanwhile: a few requests too many pass, and none too few.

    Made before the workers are forked.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        # Linux's monotonic clock is the same in every process
        self._clock = clock
        self._full_at = memoryview(mmap.mmap(-1, _PLACES * 8)).cast("d")

    def take(self, place: int, rate: float) -> float:
        """Take one of ``rate`` tokens per second from a bucket of one second's tokens, at least one.

        Returns 0, or the seconds until there is a token.
        """
        now = self._clock()
        full_at = max(self._full_at[place], now) + 1.0 / rate
        wait = full_at - now - max(1.0, 1.0 / rate)
        if wait > 1e-9:
            return wait
        self._full_at[place] = full_at
        return 0.0


def places(names: Iterable[str]) -> dict[str, int]:
    """A place of its own for each name, the same in every worker that knows the same names."""
    taken: dict[int, str] = {}
    for name in sorted(set(names)):
        place = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) % _PLACES
        while place in taken:
            place = (place + 1) % _PLACES
        taken[place] = name
    return {name: place for place, name in taken.items()}
