"""Writes that a power loss could still undo: kept open until some thread has synced it."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path


class Unsynced:
    """Ended segments and new names in a folder. A disk may take a tenth of a second for them, which is too long
    for the event loop that ended them.
    """

    def __init__(self) -> None:
        self._ended: list[int] = []
        self._folders: set[Path] = set()

    def keep(self, fd: int) -> None:
        """Take over the descriptor of a file that is written no more; with it the lock that says it is live."""
        self._ended.append(fd)

    def named(self, folder: Path) -> None:
        """A file in ``folder`` got its name."""
        self._folders.add(folder)

    def take(self, live: int | None) -> Callable[[], None] | None:
        """The rest of the work, for any thread, for all that was kept and for the file that is ``live``.

        The call raises OSError when one of them could not be synced; the others were tried.
        """
        files, folders = self._ended, self._folders
        self._ended, self._folders = [], set()
        if live is not None:
            files.append(os.dup(live))
        if not files and not folders:
            return None

        def sync() -> None:
            with contextlib.ExitStack() as all_of_them:
                for fd in files:
                    all_of_them.callback(os.close, fd)
                    all_of_them.callback(os.fdatasync, fd)
                for folder in folders:
                    all_of_them.callback(sync_folder, folder)

        return sync


def sync_folder(folder: Path) -> None:
    """Raises OSError like fsync()."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
