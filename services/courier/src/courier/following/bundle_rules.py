"""The reading rules that say whether a bundle is whole: its manifest's hash, and each file's size and sha256."""

from __future__ import annotations

import hashlib
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from courier.errors import BundleRefusedError

MANIFEST = "manifest.json"
REQUIRED = frozenset({"model.onnx", "model.joblib", "reference.json", "golden.json"})
# docs/formats/limits.json
MAX_MANIFEST_BYTES = 1024 * 1024
MAX_JSON_BYTES = 4 * 1024 * 1024
MAX_BUNDLE_BYTES = 512 * 1024 * 1024
HASH = re.compile(r"[0-9a-f]{64}")

_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class FileEntry:
    """The manifest's entry for a file."""

    sha256: str
    size: int


def check(directory: Path, bundle: str) -> None:
    """Reading rules 1 and 2 of docs/formats: the manifest has this hash, and exactly its files are here, intact.

    Raises:
        BundleRefusedError: they are not.
    """
    files = read_manifest(directory / MANIFEST, bundle)
    check_names({path.name for path in directory.iterdir()}, files)
    for name, entry in files.items():
        status = (directory / name).lstat()
        if not stat.S_ISREG(status.st_mode):
            raise BundleRefusedError("files", f"{name} is not a regular file")
        if status.st_size != entry.size:
            raise BundleRefusedError("checksum", f"{name} has {status.st_size} bytes, its manifest says {entry.size}")
        with (directory / name).open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != entry.sha256:
                raise BundleRefusedError("checksum", f"{name} does not have the sha256 its manifest says")


def read_manifest(path: Path, bundle: str) -> dict[str, FileEntry]:
    """The files a manifest promises.

    Raises:
        BundleRefusedError: it has another hash, is too large, or is not a manifest of format 1.
    """
    if not stat.S_ISREG(path.lstat().st_mode) or path.stat().st_size > MAX_MANIFEST_BYTES:
        raise BundleRefusedError(
            "manifest", f"{MANIFEST} is not a regular file, or larger than {MAX_MANIFEST_BYTES} bytes"
        )
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != bundle:
        raise BundleRefusedError("checksum", f"{MANIFEST} does not have the sha256 {bundle}")
    try:
        manifest = orjson.loads(content)
        if manifest["format"] != 1:
            raise BundleRefusedError("format", f"format {manifest['format']!r} is not 1")
        files = {name: _entry(value) for name, value in manifest["files"].items()}
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise BundleRefusedError("manifest", f"{MANIFEST} is not a manifest: {error!r}") from None
    check_listing({name: entry.size for name, entry in files.items()})
    if not files.keys() >= REQUIRED or MANIFEST in files:
        raise BundleRefusedError("manifest", f"the manifest must name {sorted(REQUIRED)}, and not itself")
    return files


def _entry(value: dict[str, Any]) -> FileEntry:
    sha256, size = value["sha256"], value["size"]
    if not isinstance(size, int) or isinstance(size, bool) or size < 0 or not HASH.fullmatch(sha256):
        raise ValueError("a file's size or sha256 is none")
    return FileEntry(sha256, size)


def check_listing(listed: dict[str, int | None]) -> None:
    """Before anything is fetched: plain names, no folders, not too large."""
    for name, size in listed.items():
        if not _FILE_NAME.fullmatch(name):
            raise BundleRefusedError("files", f"{name[:80]!r} is not a plain file name")
        if size is None:
            raise BundleRefusedError("files", f"{name} is a folder")
        most = MAX_MANIFEST_BYTES if name == MANIFEST else MAX_JSON_BYTES
        if name.endswith(".json") and size > most:
            raise BundleRefusedError("size", f"{name} is larger than {most} bytes")
    total = sum(size or 0 for name, size in listed.items() if name != MANIFEST)
    if total > MAX_BUNDLE_BYTES:
        raise BundleRefusedError("size", f"{total} bytes are more than the {MAX_BUNDLE_BYTES} a bundle may have")


def check_names(present: set[str], files: dict[str, FileEntry]) -> None:
    """Raises BundleRefusedError unless the files that are there are exactly those of the manifest."""
    promised = {MANIFEST, *files}
    if present != promised:
        wrong = ", ".join(sorted(present ^ promised))
        raise BundleRefusedError("files", f"missing, or not in the manifest: {wrong[:200]}")
