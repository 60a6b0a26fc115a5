"""Read by every Python that has this folder on its path, before anything else.

Python sleeps by clock_nanosleep until a moment of the monotonic clock. libfaketime 0.9.10, told to leave that clock
alone, still moves the moment and makes the call fail; select sleeps as well, and is let through.
"""

import select
import time


def _sleep(seconds: float, /) -> None:
    select.select([], [], [], seconds)


time.sleep = _sleep  # type: ignore[assignment]  # its own type also takes what only has __index__
