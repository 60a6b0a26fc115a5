"""Waiting for what comes by itself."""

import time
from collections.abc import Callable


def eventually(happened: Callable[[], bool], *, seconds: float = 10.0) -> None:
    """Until ``happened`` is true; fails when it never is."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.005)
