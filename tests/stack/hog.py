"""Run inside the api's container, as its user: takes memory until the kernel has killed one of the workers for it.

``python -c "$(cat hog.py)"`` prints the pid that was killed and how much was taken; with an argument, all workers.
"""

import json
import sys
import time
from pathlib import Path

PROC = Path("/proc")
STEP = 4 << 20
PAUSE = 0.01


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
    """Take what is left of the container's memory; the bytes it took until ``victim`` was gone."""
    # The kernel's first choice, as a worker would be whose own request had taken all that.
    (PROC / str(victim) / "oom_score_adj").write_text("1000")
    held = []
    while _runs(victim):
        held.append(b"x" * STEP)
        # Once it is killed its memory is free: whoever takes that too, before it is gone, is the next to be killed.
        time.sleep(PAUSE)
    return len(held) * STEP


def _parent(stat: Path) -> int:
    return int(stat.read_text().rpartition(")")[2].split()[1])


if __name__ == "__main__":
    found = workers()
    report = {"workers": found} if sys.argv[1:] else {"killed": found[0], "taken": starve(found[0])}
    sys.stdout.write(json.dumps(report))
