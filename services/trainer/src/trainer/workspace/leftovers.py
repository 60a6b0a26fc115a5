"""The note of files that a killed DVC was working on, which stops the next one."""

import fcntl
import json
from pathlib import Path

import psutil


def clear_leftovers(root: Path) -> None:
    """Remove `.dvc/tmp/rwlock` unless a living DVC is named in it.

    DVC itself looks only whether a process of that number exists. It exists while a killed one waits to be reaped, and
    in a container the number soon belongs to somebody else (github.com/treeverse/dvc/issues/3370).
    """
    note = root / ".dvc" / "tmp" / "rwlock"
    if not note.exists():
        return
    # DVC's own guard around reading and writing the note.
    with note.with_name("rwlock.lock").open("a") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not any(_is_dvc(number) for number in _named_in(note)):
            note.unlink(missing_ok=True)


def _named_in(note: Path) -> set[int]:
    """The process ids of the note; none when it was cut off half-way."""
    try:
        held = json.loads(note.read_bytes())
        writers, readers = held["write"].values(), [reader for readers in held["read"].values() for reader in readers]
        return {int(one["pid"]) for one in (*writers, *readers)}
    except (ValueError, LookupError, TypeError, AttributeError):
        return set()


def _is_dvc(number: int) -> bool:
    try:
        process = psutil.Process(number)
        return process.status() != psutil.STATUS_ZOMBIE and any("dvc" in word for word in process.cmdline())
    except psutil.Error:
        return False
