"""Admission control of one worker: work above its capacity waits briefly, and work above that is refused."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from api.access.fair_scheduler import FairScheduler
from api.access.refusal_pace import RefusalPace
from api.errors import OverloadedError

_OVERHEAD = 2048
"""Bytes added to each body: the fixed cost of a request equals the cost of reading this much JSON."""

_RECENT_REQUESTS = 5
"""The service rate is the median over this many recent requests, so a single outlier does not change it."""

_WAIT_SHARE = 0.25
"""Requests whose estimated wait exceeds this share of the queue timeout are rejected at once."""


class _Waiting(NamedTuple):
    weight: int
    admitted: "asyncio.Future[None]"


class Admission:
    """Counts work in bytes of body, the only measure of its cost there is before it is parsed.

    ``most`` is what may be in work and ``waiting`` what may wait for it, at most ``queue_timeout`` seconds. A request
    that comes then, or would wait in vain at the recent rate, is refused at once. ``held`` is how many bytes of
    unfinished bodies may be in memory. A request that is alone is always let in.
    """

    def __init__(
        self, *, most: int, waiting: int, held: int, queue_timeout: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = most
        self._waiting_most = waiting
        self._held_most = held
        self.scheduler = FairScheduler()
        self.refusals = RefusalPace(clock)
        self._queue_timeout = queue_timeout
        self._clock = clock
        self._recent_costs: deque[float] = deque(maxlen=_RECENT_REQUESTS)
        self._seconds_per_byte = 0.0  # seconds per byte, while somebody waits
        self._left_at = 0.0
        self._load = 0
        self._held = 0
        self._queued = 0
        self._expected_load = self._expected_queued = 0
        """Weights of the bodies whose heads came in this turn: those that will be in work, and those that will wait."""
        self._queue: deque[_Waiting] = deque()

    def hold(self, size: int) -> None:
        """Account for bytes of a body as they come; given back with a negative size.

        Raises:
            OverloadedError: the bodies that are being read fill the memory set aside for them.
        """
        if size > 0 and self._held and self._held + size > self._held_most:
            raise OverloadedError
        self._held += size

    def is_full(self, size: int) -> bool:
        """Whether the queue is too full, so that a body of ``size`` bytes would be refused."""
        queued = self._queued + self._expected_queued
        if not queued:
            return False
        # A body larger than the whole queue waits for the first place, and takes none from those behind it.
        first = self._queue[0].weight if self._queue else 0
        weight = queued + size + _OVERHEAD - (first if first > self._waiting_most else 0)
        return weight > self._waiting_most or weight * self._seconds_per_byte > self._queue_timeout * _WAIT_SHARE

    def expect(self, size: int) -> None:
        """``size`` bytes of a body came with its head: until the next turn of the event loop, :meth:`is_full` counts
        them as if they had been let in.
        """
        if not (self._expected_load or self._expected_queued):
            asyncio.get_running_loop().call_soon(self._forget_expected)
        weight = size + _OVERHEAD
        if self._queued or self._expected_queued or not self._fits(weight, self._expected_load):
            self._expected_queued += weight
        else:
            self._expected_load += weight

    def _forget_expected(self) -> None:
        self._expected_load = self._expected_queued = 0

    @property
    def crowded(self) -> bool:
        """Whether a request waits, or so much is in work that it will not be long: an eighth of what fits."""
        return self._queued > 0 or self._load > self._most // 8

    def try_enter(self, size: int) -> bool:
        """Take a place for a body of ``size`` bytes if there is one and no other body waits for it."""
        weight = size + _OVERHEAD
        if self._queue or not self._fits(weight):
            return False
        self._load += weight
        return True

    async def wait(self, size: int) -> None:
        """Wait for the place that ``try_enter`` did not give.

        Raises:
            OverloadedError: too many wait already, or there was none in time.
        """
        if self.is_full(size):
            raise OverloadedError
        waiting = _Waiting(size + _OVERHEAD, asyncio.get_running_loop().create_future())
        if not self._queue:
            self._left_at = self._clock()
        self._queue.append(waiting)
        self._queued += waiting.weight
        try:
            async with asyncio.timeout(self._queue_timeout):
                await waiting.admitted
        except BaseException as error:
            if waiting in self._queue:
                self._queue.remove(waiting)
                self._queued -= waiting.weight
                self._admit()
            else:
                self.leave(size)
            if isinstance(error, TimeoutError):
                raise OverloadedError from None
            raise

    def charge(self, weight: int) -> None:
        """A body that is in work weighs ``weight`` bytes more: fewer others are let in until it leaves."""
        self._load += weight

    def leave(self, size: int) -> None:
        """Give the place of a body of ``size`` bytes to the next that waits."""
        self._load -= size + _OVERHEAD
        if self._queue:
            now = self._clock()
            self._recent_costs.append((now - self._left_at) / (size + _OVERHEAD))
            self._seconds_per_byte = sorted(self._recent_costs)[(len(self._recent_costs) - 1) // 2]
            self._left_at = now
            self._admit()

    def _fits(self, weight: int, expected: int = 0) -> bool:
        load = self._load + expected
        return not load or load + weight <= self._most

    def _admit(self) -> None:
        while self._queue and self._fits(self._queue[0].weight):
            waiting = self._queue[0]
            if waiting.admitted.cancelled():
                return  # its task is about to run, takes it out and comes back here
            self._queue.popleft()
            self._queued -= waiting.weight
            self._load += waiting.weight
            waiting.admitted.set_result(None)
