"""The files that are scored: one, or those of a folder in the order of their names, and whether they stay the same."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from trainer.data.signatures import foreign
from trainer.data.unpacking import GZIP, OLE, PACKED, PARQUET, ZIP
from trainer.errors import ScoringError

Kind = Literal["csv", "parquet"]
CHUNK = 1 << 20
ENDINGS = (".parquet", ".csv", ".csv.gz", ".gz", ".tsv", ".txt")


@dataclass(frozen=True)
class Source:
    """Files of one table, all CSV (gzip or not) or all Parquet."""

    paths: tuple[Path, ...]
    kind: Kind
    sha256: str
    """The hash of the one file's bytes; of several files, of their names and hashes, one to a line."""
    bytes: int
    _state: tuple[tuple[int, int, int], ...]

    def check_same(self) -> None:
        """Raises ScoringError where a file is not the one that was read first."""
        try:
            same = self._state == _state(self.paths) and self.sha256 == _sha256(self.paths)
        except OSError as error:
            raise _unreadable(error) from error
        if not same:
            raise ScoringError(
                f"{self.paths[0]} changed while it was scored, so nothing was written. "
                "Run the command again once nobody writes to it"
            )


def opened(given: Path, watch: Callable[[str], None] = lambda text: None) -> Source:
    """The files of a path. Raises ScoringError for what is missing, empty or of a kind that can't be read."""
    paths = _paths(given)
    watch(f"hashing {given}")
    try:
        state = _state(paths)
        kinds = {_kind(path) for path in paths}
        digest = _sha256(paths)
    except OSError as error:
        raise _unreadable(error) from error
    if len(kinds) > 1:
        raise ScoringError(f"{given} holds both CSV and Parquet; the files of one table are of one kind")
    return Source(paths, kinds.pop(), digest, sum(size for size, _, _ in state), state)


def _paths(given: Path) -> tuple[Path, ...]:
    if not given.is_dir():
        if not given.exists():
            raise ScoringError(f"{given} does not exist; FROM is a CSV or Parquet file, or a folder of them")
        return (given,)
    found = sorted(one for one in given.iterdir() if one.is_file() and not one.name.startswith((".", "_")))
    if other := [one.name for one in found if not one.name.endswith(ENDINGS)]:
        raise ScoringError(f"{given}: {other[0]!r} is not a table; a folder holds {', '.join(ENDINGS[:3])} files alone")
    if not found:
        raise ScoringError(f"{given} holds no file")
    return tuple(found)


def _kind(path: Path) -> Kind:
    with path.open("rb") as file:
        first = file.read(2000)
    if not first:
        raise ScoringError(f"{path} is empty; it needs a header line and rows")
    if first.startswith((ZIP, OLE)):
        raise ScoringError(f"{path} is an Excel file or a zip archive, which can't be read; save it as CSV UTF-8")
    if packed := next((name for start, name, _ in PACKED if first.startswith(start) and start != GZIP), None):
        raise ScoringError(f"{path} is packed by {packed}; unpack it first, or pack it with gzip")
    if found := foreign(first):
        raise ScoringError(f"{path} is {found[0]}, which can't be read; {found[1]}")
    return "parquet" if first.startswith(PARQUET) else "csv"


def is_gzip(path: Path) -> bool:
    """Whether the file starts as gzip does (RFC 1952)."""
    with path.open("rb") as file:
        return file.read(2) == GZIP


def hashed(path: Path) -> str:
    """sha256 of a file's bytes, without holding them."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sha256(paths: tuple[Path, ...]) -> str:
    if len(paths) == 1:
        return hashed(paths[0])
    lines = "".join(f"{hashed(path)}  {path.name}\n" for path in paths)
    return hashlib.sha256(lines.encode()).hexdigest()


def _state(paths: tuple[Path, ...]) -> tuple[tuple[int, int, int], ...]:
    found = [path.stat() for path in paths]
    return tuple((one.st_size, one.st_mtime_ns, one.st_ino) for one in found)


def _unreadable(error: OSError) -> ScoringError:
    return ScoringError(f"{error.filename} can't be read: {error.strerror}")
