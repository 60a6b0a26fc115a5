"""Read by every Python that has this folder on its path, before anything else.

libfaketime 0.9.10 changes two calls that a jump of the wall clock leaves alone. Both go around it here:

- Python sleeps by clock_nanosleep until a moment of the monotonic clock; libfaketime moves that moment and makes the
  call fail, even where it should leave that clock alone. select sleeps as well, and is not changed.
- It adds the jump to the CPU clock of another thread. The api's watchdog reads that clock, and would end a worker for a
  run that took an hour of a core.
"""

import ctypes
import platform
import select
import time

_CLOCK_GETTIME = {"x86_64": 228, "aarch64": 113}[platform.machine()]
"""The number of the system call."""


class _Timespec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


def _sleep(seconds: float, /) -> None:
    select.select([], [], [], seconds)


_faked = time.clock_gettime
_kernel = ctypes.CDLL(None, use_errno=True)


def _clock_gettime(clock: int, /) -> float:
    if clock >= 0:
        return _faked(clock)
    read = _Timespec()
    if _kernel.syscall(_CLOCK_GETTIME, ctypes.c_int(clock), ctypes.byref(read)) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"clock_gettime({clock})")
    return float(read.seconds + read.nanoseconds / 1e9)


time.sleep = _sleep  # type: ignore[assignment]  # its own type also takes what only has __index__
time.clock_gettime = _clock_gettime
