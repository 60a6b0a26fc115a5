"""A request to score a file: from where, to where, and the places that it may not name."""

import errno
from dataclasses import dataclass
from pathlib import Path

from trainer.errors import ScoringError


@dataclass(frozen=True)
class ScoringRequest:
    """A scoring as a person asked for it."""

    source: Path
    output: Path
    keep: str | None = None
    """Columns that ride along; None takes all, `none` takes none."""
    force: bool = False
    """Replace an output that is there."""
    rows: bool = False
    """Audit each row: the output gets its ids, and the courier its records."""


def check_places(order: ScoringRequest) -> None:
    """Raises ScoringError for an output that is there, is the input, or has no folder."""
    source, target = order.source, order.output
    if not target.parent.is_dir():
        raise ScoringError(f"{target.parent} is not a folder; make it first, or name another place with TO")
    if target.is_dir():
        raise ScoringError(f"{target} is a folder; TO names the file to write")
    if target.exists() and source.exists() and target.samefile(source):
        raise ScoringError(f"{target} is the input itself; TO names another file")
    if source.is_dir() and target.parent.resolve() == source.resolve():
        raise ScoringError(f"{target} lies in the folder that is read; the next call would score it, too")
    if target.exists() and not order.force:
        raise ScoringError(f"{target} is there already; FORCE=1 replaces it, or name another file with TO")


def unwritten(error: OSError, target: Path) -> ScoringError:
    """The error in words, with what to do."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        why = "the disk is full; make room"
    elif error.errno == errno.EFBIG:
        why = "the file is larger than this system allows"
    else:
        why = error.strerror or str(error)
    return ScoringError(f"{target} can't be written: {why}. Finished parts are kept: the same command goes on with it")
