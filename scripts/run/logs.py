"""The file that a process and its children print to: bounded in size, and readable across a rotation."""

import contextlib
import fcntl
import os
import shutil
import threading
from pathlib import Path

LIMIT_BYTES = 10 * 1024 * 1024
KEPT = 3
LOOK_SECONDS = 0.25


class BoundedLog:
    """A log of at most `limit` bytes, and the `KEPT` older files `NAME.1` (the newest) to `NAME.3`, each as large.

    The file is copied and then emptied in place: the writers keep their descriptors, which must be open for appending,
    and need nothing from the program that rotates. When that program is killed they go on writing; the next start
    rotates what they left. Only what is written between the last read and the truncation, the next system call, is
    lost. A rotation starts at nine tenths of `limit`; when more than the last tenth is written before the copy, the
    oldest bytes are left out of it. Output during a copy comes on top of the limit.
    """

    def __init__(self, path: Path, limit: int = LIMIT_BYTES) -> None:
        self.path = path
        self._limit = limit
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._watch, name=f"rotates {path.name}", daemon=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        # Where this run's output begins, for the files that hold it, the older one first.
        self._begins = {path: 0}
        self._look()
        self._begins = {path: path.stat().st_size}

    def watch(self) -> None:
        """Look at the size again and again until `close`."""
        self._thread.start()

    def close(self) -> None:
        """End the watch with a last look. A second call only looks."""
        self._closed.set()
        self._thread.join()
        self._look()

    def tail(self, lines: int) -> list[str]:
        """The last lines of this run, also right after a rotation."""
        with self._lock:
            text = b"".join(_from(file, start) for file, start in self._begins.items())
        return text.decode(errors="replace").splitlines()[-lines:]

    def _watch(self) -> None:
        while not self._closed.wait(LOOK_SECONDS):
            self._look()

    def _look(self) -> None:
        # On a full disk nothing is emptied before it is copied: the next look tries again.
        with contextlib.suppress(OSError), self._lock:
            self._rotate()

    def _rotate(self) -> None:
        with self.path.open("r+b", buffering=0) as log:
            fcntl.flock(log, fcntl.LOCK_EX)  # another program may have started a process on the same file
            size = os.fstat(log.fileno()).st_size
            if size <= self._limit * 9 // 10:
                return
            # The oldest goes first, to make room for the copy: `NAME.0` until it is complete.
            self._old(KEPT).unlink(missing_ok=True)
            left_out = log.seek(max(0, size - self._limit))
            with self._old(0).open("wb") as copy:
                shutil.copyfileobj(log, copy)
                copy.flush()
                for number in range(KEPT - 1, -1, -1):
                    with contextlib.suppress(FileNotFoundError):
                        self._old(number).replace(self._old(number + 1))
                shutil.copyfileobj(log, copy)
                copy.flush()
                log.truncate(0)
        self._begins = {self._old(1): max(0, self._begins[self.path] - left_out), self.path: 0}

    def _old(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")


def _from(path: Path, start: int) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        return file.read()
