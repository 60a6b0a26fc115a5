"""Takes a sample of the counters now and then, in whichever worker holds the history's lock."""

import asyncio
import time
from collections.abc import Callable

from api.status.history import EVERY_SECONDS, History
from api.status.sample import make_sample
from api.telemetry.metrics import Metrics


class Recorder:
    """One step of the background task; the first sample is taken at once."""

    def __init__(self, history: History, metrics: Metrics, clock: Callable[[], float] = time.time) -> None:
        self._history = history
        self._metrics = metrics
        self._clock = clock

    async def step(self) -> None:
        # Adding up all workers takes milliseconds: not on the event loop.
        await asyncio.to_thread(self.record)

    def record(self) -> None:
        """Append a sample when the last one is old enough and this worker is the writer. Raises OSError."""
        if not self._history.is_writer():
            return
        samples = self._history.read()
        now = self._clock()
        if not samples or not 0 <= now - samples[-1]["at"] < EVERY_SECONDS / 2:
            self._history.append(make_sample(self._metrics.collect(), now))
