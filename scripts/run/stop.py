"""`make stop`: end what this checkout has started, and nothing else."""

import contextlib
import os
import signal
from collections.abc import Mapping
from pathlib import Path

from scripts.run import record
from scripts.run.errors import LifecycleError, NotInTimeError
from scripts.run.processes import holder, wait_until
from scripts.run.record import Part
from scripts.run.screen import Screen

ORDERLY_SECONDS = 100.0
"""The starter gives each of its three parts 30 s."""
KILLED_SECONDS = 10.0


def stop(root: Path, screen: Screen) -> None:
    """Stop the platform of the checkout `root`, in order; say what was stopped.

    Raises LifecycleError when a process belongs to another user or does not end.
    """
    parts = record.read(root)
    left = _left_behind(root)
    if not parts and not left:
        screen.say("Nothing of this checkout is running on this machine. `make down` stops its containers.")
        return
    with screen.step(f"stopping {', '.join(dict.fromkeys([*parts, *left]))}"):
        for pid in {part.starter for part in parts.values() if part.starter_lives}:
            _send(pid, signal.SIGTERM)
        with contextlib.suppress(NotInTimeError):
            wait_until(lambda: not any(part.starter_lives for part in parts.values()), "in order", ORDERLY_SECONDS)
        # A starter that was killed leaves its parts behind.
        for part in reversed(parts.values()):
            _end(part)
    for name, group in _left_behind(root).items():
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
        screen.say(f"stopped what was left of {name}, process group {group}")
    for name, part in parts.items():
        record.remove(root, name, part.pid)
    for line in _stopped(parts):
        screen.say(line)


def _left_behind(root: Path) -> dict[str, int]:
    """Process groups by name that still hold their lock: their leader may be dead, and so not in the record."""
    locks = sorted((root / record.FILE).parent.glob("*.lock"))
    return {lock.stem: group for lock in locks if (group := holder(lock))}


def _end(part: Part) -> None:
    if part.lives:
        _send(part.pid, signal.SIGTERM)
        with contextlib.suppress(NotInTimeError):
            wait_until(lambda: not part.lives, "in order", KILLED_SECONDS * 3)
    if part.lives:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(part.pid, signal.SIGKILL)
        wait_until(lambda: not part.lives, f"process {part.pid} ends", KILLED_SECONDS)


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
    except PermissionError:
        raise LifecycleError(f"process {pid} belongs to another user; run `make stop` as that user") from None


def _stopped(parts: Mapping[str, Part]) -> list[str]:
    names = {"mlflow": "MLflow"}
    return [f"stopped {names.get(name, name):<8} {part.address}" for name, part in reversed(list(parts.items()))]
