"""The archive: a tar file whose first member is a manifest with the size and sha256 of every other."""

import hashlib
import json
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from scripts.backup.errors import ArchiveError

MANIFEST = "manifest.json"
FORMAT = 1

Kind = Literal["containers", "embedded"]


@dataclass(frozen=True)
class Manifest:
    """The list of an archive's contents."""

    kind: Kind
    made_at: str
    files: dict[str, dict[str, Any]]
    """For each file its `sha256` and `size` in bytes."""


def write(folder: Path, kind: Kind, target: Path) -> Manifest:
    """Put the files of `folder` into an archive, which has its name once it is whole and on the disk."""
    files = {path.name: {"sha256": digest(path), "size": path.stat().st_size} for path in sorted(folder.iterdir())}
    manifest = Manifest(kind, datetime.now(UTC).isoformat(timespec="seconds"), files)
    (folder / MANIFEST).write_text(json.dumps({"format": FORMAT, **manifest.__dict__}, indent=2) + "\n")
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.draft")
    try:
        # The archive contains the audit: only its owner may read it (mode 0600).
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            with tarfile.open(fileobj=file, mode="w") as archive:
                for name in (MANIFEST, *files):
                    archive.add(folder / name, name)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return manifest


@contextmanager
def opened(source: Path) -> Iterator[tuple[Manifest, Path]]:
    """The manifest and a folder with the files, every byte of which was checked.

    Raises:
        ArchiveError: it is not one of our archives, or it was changed.
    """
    with TemporaryDirectory(prefix=".restore-", dir=source.parent if source.parent.is_dir() else None) as place:
        folder = Path(place)
        try:
            with tarfile.open(source, "r:") as archive:
                archive.extractall(folder, filter="data")
            manifest = _read(folder / MANIFEST)
        except (OSError, tarfile.TarError, EOFError) as error:
            raise ArchiveError(f"{source} can't be read: {error}") from error
        found = {path.name for path in folder.iterdir()} - {MANIFEST}
        if found != manifest.files.keys():
            raise ArchiveError(f"{source} holds {sorted(found)} and should hold {sorted(manifest.files)}")
        for name, entry in manifest.files.items():
            if (folder / name).stat().st_size != entry["size"] or digest(folder / name) != entry["sha256"]:
                raise ArchiveError(f"{source} is damaged: {name} is not as it was written; nothing was restored")
        yield manifest, folder


def digest(path: Path) -> str:
    """The sha256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read(path: Path) -> Manifest:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content.pop("format") != FORMAT:
            raise ArchiveError(f"it is of a format that this version does not know; it knows {FORMAT}")
        return Manifest(**content)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArchiveError(f"its manifest can't be read: {error}") from error
