"""The people outside: they ask from the world as it is now, and tell the truth about every second answer."""

from collections.abc import Callable
from random import Random
from threading import Event, Thread
from types import TracebackType

import httpx2

from scripts.traffic.load import Outcome, Plan, run
from scripts.traffic.rows import Draw, Row
from scripts.traffic.served import Served

SOURCE = "loop-demo"
"""The `source` of the feedback: in the store it tells the demo's truths from others."""


class _OverError(Exception):
    """The traffic was asked to end."""


class Caller:
    """A thread that asks `rate` times a second until it is left; about 1.8 rows are asked about at a time."""

    def __init__(self, url: str, headers: dict[str, str], served: Served, draw: Draw, rate: float, most: float) -> None:
        self.outcome = Outcome()
        self._draw = draw
        self._over = Event()
        self._plan = Plan(rate, most, bad=False, feedback=True, source=SOURCE)
        self._client = httpx2.Client(base_url=url, headers=headers, timeout=10)
        self._thread = Thread(target=self._ask, args=(served,), name="traffic", daemon=True)

    def move(self, draw: Draw) -> None:
        """From the next row on, the world is another."""
        self._draw = draw

    def __enter__(self) -> "Caller":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        self._thread.join(30)
        self._client.close()

    def _ask(self, served: Served) -> None:
        try:
            run(self._plan, served, self._next, [self._client], Random(8), self._note, sleep=self._pause)  # noqa: S311
        except _OverError:
            return

    def _next(self) -> tuple[Row, str | None]:
        return self._draw()

    def _note(self, so_far: Outcome) -> None:
        self.outcome = so_far

    def _pause(self, seconds: float) -> None:
        if self._over.wait(seconds):
            raise _OverError


def of_world(draw: Callable[[Random], tuple[Row, str]], random: Random) -> Draw:
    return lambda: draw(random)
