"""Ctrl-C, SIGTERM and SIGHUP: the first one ends the run in order, later ones can't break the clean-up."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupted(KeyboardInterrupt):
    """The person, or the system, wants the run to end.

    A class of its own: where a plain KeyboardInterrupt passes through an exec (a lazy import that makes a dataclass),
    `python -m` ends with SIGINT at last, although it was caught and everything was stopped in order.
    """


class Interrupts:
    """Turns the first signal into one Interrupted, never inside a shielded body."""

    def __init__(self) -> None:
        self.shielded = False
        self.waiting = False
        self.raised = False

    def install(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._receive)

    @contextmanager
    def shield(self) -> Iterator[None]:
        """Hold a signal back until the body is done: a process just started must first be written down."""
        self.shielded = True
        try:
            yield
        finally:
            self.shielded = False
        if self.waiting:
            self._raise()

    def _receive(self, number: int, frame: FrameType | None) -> None:
        self.waiting = True
        if not self.shielded:
            self._raise()

    def _raise(self) -> None:
        if not self.raised:
            self.raised = True
            raise Interrupted
