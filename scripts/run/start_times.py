"""Reads when a process started, because its pid alone may belong to another process by now."""

from pathlib import Path

import psutil

PROC = Path("/proc")


def birth(pid: int) -> str | None:
    """A text that no other process with this pid ever has; None when no process with it lives."""
    if (PROC / "self/stat").exists():
        return _linux(pid)
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else f"{process.create_time():.2f}"
    except psutil.Error:
        return None


def _linux(pid: int) -> str | None:
    """The boot and the clock ticks since then: unlike a time of day, these do not change when the clock is set."""
    try:
        stat = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
        boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None
    # The program's name, in parentheses, may hold anything; the state is the first field behind it.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else f"{boot}:{fields[19]}"
