"""Takes a sample of the counters now and then, in whichever worker holds the history's lock."""

import asyncio
import time
from collections.abc import Callable, Sequence

from api.status.alerts import Alert
from api.status.history import EVERY_SECONDS, History, Sample
from api.status.past_alerts import PastAlerts
from api.status.sample import make_sample
from api.telemetry.metrics import Metrics


class Recorder:
    """Takes the samples of the history; the first is taken at once. `judge` is asked with the samples so far."""

    def __init__(
        self,
        history: History,
        metrics: Metrics,
        past: PastAlerts,
        judge: Callable[[float, Sequence[Sample]], list[Alert]],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._history = history
        self._metrics = metrics
        self._past = past
        self._judge = judge
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
            self._past.note(self._judge(now, self._history.read()), now)
