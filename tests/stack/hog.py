"""Run inside the api's container, as its user: takes memory until the kernel has killed one of the workers for it.

``python -c "$(cat hog.py)"`` prints the pid that was killed and how much was taken; with an argument, all workers.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import NoReturn

PROC = Path("/proc")
STEP = 4 << 20
PAUSE = 0.01
GONE_SECONDS = 10


def workers() -> list[int]:
    """The children of the master, who is the only child of the container's init."""
    parents = {int(stat.parent.name): _parent(stat) for stat in PROC.glob("[0-9]*/stat")}
    (master,) = (pid for pid, parent in parents.items() if parent == 1)
    return sorted(pid for pid, parent in parents.items() if parent == master)


def _runs(pid: int) -> bool:
    """Not if it is dead and its master has yet to notice."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except (FileNotFoundError, ProcessLookupError):
        return False


def starve(victim: int) -> int:
    """Take what is left of the container's memory; the bytes that were taken until ``victim`` was gone."""
    # The kernel's first choice, as a worker would be whose own request had taken all that.
    (PROC / str(victim) / "oom_score_adj").write_text("1000")
    reader, writer = os.pipe()
    taker = os.fork()
    if taker == 0:
        _take(victim, writer)
    os.close(writer)
    steps = 0
    # The kernel may kill the taker right after the victim, whose memory is not free yet; this process stays to tell.
    while os.read(reader, 1):
        steps += 1
    os.waitpid(taker, 0)
    deadline = time.monotonic() + GONE_SECONDS
    while _runs(victim):
        if time.monotonic() > deadline:
            raise SystemExit(f"the kernel did not kill {victim} for {steps * STEP} bytes")
        time.sleep(PAUSE)
    return steps * STEP


def _take(victim: int, writer: int) -> NoReturn:
    held = []
    while _runs(victim):
        held.append(b"x" * STEP)
        os.write(writer, b".")
        time.sleep(PAUSE)
    os._exit(0)


def _parent(stat: Path) -> int:
    return int(stat.read_text().rpartition(")")[2].split()[1])


if __name__ == "__main__":
    found = workers()
    report = {"workers": found} if sys.argv[1:] else {"killed": found[0], "taken": starve(found[0])}
    sys.stdout.write(json.dumps(report))
