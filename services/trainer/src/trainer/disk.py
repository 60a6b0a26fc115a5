"""The message for a file that the disk refuses: full, read-only, or another user's."""

import errno
import shutil
from pathlib import Path

LEAST_BYTES = 10 * 1024**2
"""Of free space: a database that grows stops with less, and names another cause or none."""

_CAUSES = {
    errno.ENOSPC: "no space is left on its disk; free some, then run the same command again",
    errno.EDQUOT: "this user's share of the disk is used up; free some, then run the same command again",
    errno.EROFS: "its disk can only be read; copy the checkout to a disk that can be written",
    errno.EACCES: "this user may not; another user's run (sudo?) has left files here: give them back with chown",
    errno.EPERM: "this user may not; another user's run (sudo?) has left files here: give them back with chown",
}


def refusal(error: OSError, folder: Path) -> str | None:
    """One line: the file (`folder` where the system names none), the cause, and the way out.

    None for an error that the disk does not cause: that one is a fault of the program.
    """
    cause = _CAUSES.get(error.errno or 0)
    return cause and f"{error.filename or folder}: {cause}"


def shortage(folder: Path) -> str | None:
    """One line where the disk of `folder` is nearly full; None where it is not, or has no such folder."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return None
    return f"the disk of {folder} has {free / 1024**2:.1f} MB left; free some first" if free < LEAST_BYTES else None
