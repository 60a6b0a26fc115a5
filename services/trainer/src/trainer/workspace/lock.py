"""One training at a time in one folder."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from rich.console import Console


@contextmanager
def held(path: Path, console: Console) -> Iterator[None]:
    """Hold the file's lock, which ends with its process; wait, and say so, while another process has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            console.print(f"another training has {path}; waiting for it to end", soft_wrap=True, highlight=False)
            fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        if not file.read():
            file.write(f"{uuid4()}\n")
            file.flush()
        yield


def place_of(path: Path) -> str:
    """The name of this lock's folder, for ever and everywhere; empty before the lock was first held."""
    return path.read_text().strip() if path.exists() else ""
