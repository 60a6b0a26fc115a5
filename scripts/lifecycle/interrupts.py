"""Ctrl-C, SIGTERM and SIGHUP: the first one ends the run in order, later ones can't break the clean-up."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupts:
    """Turns the first signal into one KeyboardInterrupt, never inside a shielded body."""

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
            raise KeyboardInterrupt
