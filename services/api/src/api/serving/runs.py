"""Where a model runs, and for how long at most.

A few rows run in the event loop's turn, large batches in a thread. After a run that took too long, the model's rows run
one by one in another thread, and those that do not end in a moment in a third, so that no other row waits for them.
"""

import asyncio
import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from api.bundle.predictor import Answer, Matrix, load_runtime
from api.errors import OverloadedError, RunTimeoutError
from api.serving.model_slot import ServedModel

_MOMENT = 0.03
"""Seconds of a core after which a run that should take two milliseconds leaves the event loop."""

_CAREFUL_SECONDS = 300.0
"""How long a model stays off the event loop after a run that took too long."""

_SECOND_CHANCES = 3
"""So many rows of a model may use up their time; those that come later get a moment."""

_MOST_WAITING = 4
"""So many rows wait for their second chance at once; what comes then is refused."""

_PATIENCE = 3.0
"""Seconds that a run waits beside the loop for those before it."""

_TICK, _SHORT_TICK = 0.05, 0.01
"""Seconds between two looks at the lanes; the short one while a run goes on."""


class OverrunError(Exception):
    """A run was broken off because its time was over."""


class Lane:
    """One thread's runs, one after the other. ``limit`` is in seconds of a core: a machine that is busy with other
    things does not make a model slow.
    """

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self.model: ServedModel | None = None
        """The model that runs now."""
        self.number = 0
        self.stopped = False
        self.clock = 0
        """The thread's, of which the watchdog reads how much of a core it has used."""
        self.options: Any = None

    def predict(self, model: ServedModel, rows: Matrix) -> Answer:
        """Raises OverrunError, or what the model's predictor raises."""
        if self.options is None or self.stopped:
            self._renew()
        self.number += 1
        self.model = model
        try:
            return model.bundle.predictor.predict(rows, self.options)
        except Exception as error:
            if self.stopped:
                raise OverrunError from error
            raise
        finally:
            self.model = None

    def stop(self) -> None:
        """Break off what runs, at its next operator or at its loop's next round."""
        self.stopped = True
        if self.options is not None:
            self.options.terminate = True

    def used(self) -> float:
        """Seconds of a core that this lane's thread has used up to now."""
        return time.clock_gettime(self.clock)

    def _renew(self) -> None:
        self.clock = time.pthread_getcpuclockid(threading.get_ident())
        self.options, self.stopped = load_runtime().RunOptions(), False


class Watchdog:
    """A thread that breaks off runs whose time is over. Where a run does not end for that, because it is in a single
    operator, ``on_stuck`` is called at twice ``most`` seconds, and is to end the process.
    """

    def __init__(self, lanes: list[Lane], *, most: float, on_stuck: Callable[[ServedModel], None]) -> None:
        self._lanes = lanes
        self._most = most
        self._on_stuck = on_stuck
        self._seen = [(0, 0.0)] * len(lanes)
        self._closed = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    def close(self) -> None:
        """Break off what still runs, so that its thread ends."""
        self._closed.set()
        for lane in self._lanes:
            lane.stop()

    def _watch(self) -> None:
        pause = _TICK
        while not self._closed.wait(pause):
            pause = _TICK
            for place, lane in enumerate(self._lanes):
                model = lane.model
                if model is not None:
                    pause = _SHORT_TICK
                    self._look(place, lane, model)

    def _look(self, place: int, lane: Lane, model: ServedModel) -> None:
        number, began = self._seen[place]
        used = lane.used()
        if lane.number != number:
            self._seen[place] = (lane.number, used)
        elif used - began > 2 * self._most:
            self._on_stuck(model)
        elif used - began > lane.limit and not lane.stopped:
            lane.stop()


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
