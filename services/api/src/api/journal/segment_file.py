"""The files of a journal's folder: a new segment, leftovers of a worker that died, a probe of the disk."""

import contextlib
import fcntl
import os
import time
from pathlib import Path

import uuid_utils

from api.journal.unsynced import sync_folder

_LEFTOVER_SECONDS = 60.0


def new_segment(folder: Path, slot: int, *, sync: bool) -> tuple[int, Path]:
    """Create a segment: its open descriptor, and its path. With ``sync`` its name survives a power loss.

    It is created under a hidden name, locked, and only then given its name, so that a reader never takes a live
    segment for one that was left behind. Raises OSError.
    """
    name = f"{slot}-{uuid_utils.uuid7()}.journal"
    hidden = folder / f".{name}"
    folder.mkdir(parents=True, exist_ok=True)
    fd = os.open(hidden, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o640)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        hidden.rename(folder / name)
        if sync:
            sync_folder(folder)
    except OSError:
        os.close(fd)
        hidden.unlink(missing_ok=True)
        raise
    return fd, folder / name


def remove_leftovers(folder: Path, slot: int) -> None:
    """Remove hidden files of a worker that died while it made a segment; they hold no answered record.

    Another api may share the folder and use the same slot. Its new segment is hidden for an instant, so a young
    file is left alone.
    """
    for leftover in folder.glob(f".{slot}-*"):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - leftover.stat().st_mtime >= _LEFTOVER_SECONDS:
                leftover.unlink()


def probe(folder: Path, slot: int) -> None:
    """Write a file of 64 KiB and remove it. Raises OSError where the disk does not take it."""
    file = folder / f".{slot}-probe"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        file.write_bytes(bytes(64 * 1024))
    finally:
        file.unlink(missing_ok=True)
