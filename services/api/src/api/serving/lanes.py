"""A thread that runs a model, and the watchdog that breaks off a run whose time is over."""

import threading
import time
from collections.abc import Callable
from typing import Any

from api.bundle.predictor import Answer, Matrix, load_runtime
from api.serving.served_models import ServedModel

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
