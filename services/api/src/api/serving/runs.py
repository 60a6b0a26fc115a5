"""Runs a model on the event loop or in a thread, and ends a run that takes too long.

A few rows run in the event loop's turn, large batches in a thread. After a run that took too long, the model's rows run
one by one in another thread, and those that do not end in a moment in a third, so that no other row waits for them.
"""

import asyncio
import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from api.bundle.predictor import Answer, Matrix
from api.errors import OverloadedError, RunTimeoutError
from api.serving.lanes import Lane, OverrunError, Watchdog
from api.serving.served_models import ServedModel

_MOMENT = 0.03
"""Seconds of a core after which a run that should take two milliseconds leaves the event loop."""

_CAREFUL_SECONDS = 300.0
"""Seconds for which a model stays off the event loop after a run that took too long."""

_SECOND_CHANCES = 3
"""Rows of a model that may use up their time; later ones get a moment."""

_MOST_WAITING = 4
"""Rows that may wait for their second chance at once; further ones are refused."""

_PATIENCE = 3.0
"""Seconds that a run waits beside the loop for those before it."""


class Runs:
    """The runs of one worker's event loop. ``most`` is how many seconds of a core one may take; ``overran`` is called
    with the model of a run that took them all, from that run's thread.
    """

    def __init__(
        self,
        *,
        most: float,
        overran: Callable[[ServedModel], None],
        on_stuck: Callable[[ServedModel], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._overran = overran
        self._clock = clock
        self._loop, self._moment = Lane(min(_MOMENT, most)), Lane(min(_MOMENT, most))
        self._batch, self._chance, self._shadow = Lane(most), Lane(most), Lane(most)
        lanes = [self._loop, self._moment, self._batch, self._chance, self._shadow]
        self.watchdog = Watchdog(lanes, most=most, on_stuck=on_stuck)
        self._threads = {
            self._moment: ThreadPoolExecutor(1, thread_name_prefix="moment"),
            self._batch: ThreadPoolExecutor(1, thread_name_prefix="inference"),
            self._chance: ThreadPoolExecutor(1, thread_name_prefix="chance"),
        }
        self._careful: dict[str, float] = {}
        self._overruns: dict[str, int] = {}
        self._waiting = 0

    def is_careful(self, model: ServedModel) -> bool:
        """Whether this model's runs are kept off the event loop."""
        if not self._careful:
            return False
        until = self._careful.get(model.bundle.hash)
        if until is not None and self._clock() > until:
            del self._careful[model.bundle.hash]
            self._overruns.pop(model.bundle.hash, None)
            return False
        return until is not None

    def now(self, model: ServedModel, rows: Matrix) -> Answer:
        """Run in this turn of the event loop. Raises OverrunError: that took too long; the next runs go elsewhere."""
        try:
            return self._loop.predict(model, rows)
        except OverrunError:
            self._be_careful(model)
            raise

    async def few(self, model: ServedModel, rows: Matrix) -> Answer:
        """Run in this turn, or beside the loop. Raises RunTimeoutError."""
        if not self.is_careful(model):
            try:
                return self.now(model, rows)
            except OverrunError:
                pass
        return await self.beside(model, rows)

    async def beside(self, model: ServedModel, rows: Matrix) -> Answer:
        """Run beside the loop: in a moment, or else with a second chance.

        Raises:
            RunTimeoutError: it took too long.
            OverloadedError: too many runs that took too long were before it.
        """
        try:
            return await self._in(self._moment, model, rows, self._clock() + _PATIENCE)
        except OverrunError:
            self._be_careful(model)
        overruns = self._overruns.get(model.bundle.hash, 0)
        if self._waiting >= _MOST_WAITING or overruns >= _SECOND_CHANCES:
            raise RunTimeoutError
        self._waiting += 1
        try:
            return await self._whole(self._chance, model, rows)
        except RunTimeoutError:
            self._overruns[model.bundle.hash] = overruns + 1
            raise
        finally:
            self._waiting -= 1

    async def many(self, model: ServedModel, rows: Matrix) -> Answer:
        """Run a large batch beside the loop. Raises RunTimeoutError."""
        return await self._whole(self._batch, model, rows)

    def shadow(self, model: ServedModel, rows: Matrix) -> Answer:
        """Run in the shadow's own thread. Raises RunTimeoutError."""
        try:
            return self._shadow.predict(model, rows)
        except OverrunError:
            self._overran(model)
            raise RunTimeoutError from None

    def close(self) -> None:
        self.watchdog.close()
        for thread in self._threads.values():
            thread.shutdown(wait=False, cancel_futures=True)

    async def _whole(self, lane: Lane, model: ServedModel, rows: Matrix) -> Answer:
        try:
            return await self._in(lane, model, rows)
        except OverrunError:
            raise RunTimeoutError from None

    async def _in(self, lane: Lane, model: ServedModel, rows: Matrix, latest: float = math.inf) -> Answer:
        def run() -> Answer:
            if self._clock() > latest:
                raise OverloadedError
            try:
                return lane.predict(model, rows)
            except OverrunError:
                if lane is not self._moment:
                    self._overran(model)  # here, because its client may no longer wait for it
                raise

        return await asyncio.get_running_loop().run_in_executor(self._threads[lane], run)

    def _be_careful(self, model: ServedModel) -> None:
        self._careful[model.bundle.hash] = self._clock() + _CAREFUL_SECONDS
