"""Keeps what is tried from taking all memory: beyond a limit an allocation fails, instead of the whole process."""

import contextlib
import resource
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def at_most(more: int) -> Iterator[None]:
    """Let this process take ``more`` bytes than it has now. It counts for all threads, so keep it short."""
    before = resource.getrlimit(resource.RLIMIT_DATA)
    limit = _data_bytes() + more
    if before[0] != resource.RLIM_INFINITY:
        limit = min(limit, before[0])
    resource.setrlimit(resource.RLIMIT_DATA, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


def _data_bytes() -> int:
    """The memory that RLIMIT_DATA counts: private memory that can be written."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmData:"))
