"""Bundles on disk: fetched beside, checked whole, made durable, and only then given their name."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from courier.errors import BundleRefusedError

MANIFEST = "manifest.json"
REQUIRED = frozenset({"model.onnx", "model.joblib", "reference.json", "golden.json"})
MAX_MANIFEST_BYTES = 1024 * 1024
MAX_BUNDLE_BYTES = 512 * 1024 * 1024

_HASH = re.compile(r"[0-9a-f]{64}")
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_INCOMING = ".incoming-"

Fetch = Callable[[str, Path], Path]
"""Fetch the named file into a directory, and say where it is."""


@dataclass(frozen=True, slots=True)
class FileEntry:
    """What the manifest says about a file."""

    sha256: str
    size: int


class Bundles:
    """The directory `bundles/`. Its owner is one thread of one courier."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._verified: set[str] = set()

    def has(self, bundle: str) -> bool:
        """Whether the bundle is here and whole; its files are read once in this process's life."""
        if bundle in self._verified and (self._directory / bundle).is_dir():
            return True
        if not _HASH.fullmatch(bundle) or not (self._directory / bundle).is_dir():
            return False
        try:
            check(self._directory / bundle, bundle)
        except (BundleRefusedError, OSError):
            return False
        self._verified.add(bundle)
        return True

    def install(self, bundle: str, listed: dict[str, int | None], fetch: Fetch) -> None:
        """Fetch a bundle's files and put it in place, complete or not at all.

        `listed` has the files there are to fetch, with their sizes in bytes (None for a folder).

        Raises:
            BundleRefusedError: it is not what its hash promises, too large, or holds something that is no plain file.
        """
        if not _HASH.fullmatch(bundle):
            raise BundleRefusedError("hash", f"the tag `bundle` is no sha256: {bundle[:80]!r}")
        if MANIFEST not in listed:
            raise BundleRefusedError("files", f"the version's run has no {MANIFEST} in its folder bundle/")
        _check_listing(listed)
        self._directory.mkdir(parents=True, exist_ok=True)
        self.clear_incoming()
        incoming = self._directory / f"{_INCOMING}{bundle[:16]}"
        incoming.mkdir()
        try:
            _fetch(fetch, MANIFEST, incoming)
            files = read_manifest(incoming / MANIFEST, bundle)
            _check_names(set(listed), files)
            for name in sorted(files):
                _fetch(fetch, name, incoming)
            check(incoming, bundle)
            for name in (MANIFEST, *files):
                _sync(incoming / name)
            _sync(incoming)
            # One that is here already failed its check in `has`.
            shutil.rmtree(self._directory / bundle, ignore_errors=True)
            incoming.rename(self._directory / bundle)
            _sync(self._directory)
        finally:
            shutil.rmtree(incoming, ignore_errors=True)
        self._verified.add(bundle)

    def prune(self, in_use: Collection[str], keep: int) -> list[str]:
        """Delete all but the bundles in use and the `keep` newest others; returns what was deleted."""
        if not self._directory.is_dir():
            return []
        self.clear_incoming()
        idle = [path for path in self._directory.iterdir() if _HASH.fullmatch(path.name) and path.name not in in_use]
        idle.sort(key=lambda path: path.stat().st_mtime_ns, reverse=True)
        for path in idle[keep:]:
            # Renamed first, so that no reader sees half a bundle under its name.
            doomed = path.rename(path.with_name(f"{_INCOMING}doomed-{path.name[:16]}"))
            shutil.rmtree(doomed, ignore_errors=True)
            self._verified.discard(path.name)
        return [path.name for path in idle[keep:]]

    def touch(self, bundle: str) -> None:
        """Count a bundle as used now, for `prune`."""
        now = time.time_ns()  # finer than the kernel's own idea of now
        os.utime(self._directory / bundle, ns=(now, now))

    def clear_incoming(self) -> None:
        """Remove what an earlier life left half done."""
        for path in self._directory.glob(f"{_INCOMING}*"):
            shutil.rmtree(path, ignore_errors=True)


def check(directory: Path, bundle: str) -> None:
    """Reading rules 1 and 2 of docs/formats: the manifest has this hash, and exactly its files are here, intact.

    Raises:
        BundleRefusedError: they are not.
    """
    files = read_manifest(directory / MANIFEST, bundle)
    _check_names({path.name for path in directory.iterdir()}, files)
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
            "manifest", f"{MANIFEST} is no regular file, or larger than {MAX_MANIFEST_BYTES} bytes"
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
    _check_listing({name: entry.size for name, entry in files.items()})
    if not files.keys() >= REQUIRED or MANIFEST in files:
        raise BundleRefusedError("manifest", f"the manifest must name {sorted(REQUIRED)}, and not itself")
    return files


def _entry(value: dict[str, Any]) -> FileEntry:
    sha256, size = value["sha256"], value["size"]
    if not isinstance(size, int) or isinstance(size, bool) or size < 0 or not _HASH.fullmatch(sha256):
        raise ValueError("a file's size or sha256 is none")
    return FileEntry(sha256, size)


def _check_listing(listed: dict[str, int | None]) -> None:
    """Before anything is fetched: plain names, no folders, not too large."""
    for name, size in listed.items():
        if not _FILE_NAME.fullmatch(name):
            raise BundleRefusedError("files", f"{name[:80]!r} is not a plain file name")
        if size is None:
            raise BundleRefusedError("files", f"{name} is a folder")
    total = sum(size or 0 for size in listed.values())
    if total > MAX_BUNDLE_BYTES:
        raise BundleRefusedError("size", f"{total} bytes are more than the {MAX_BUNDLE_BYTES} a bundle may have")
    if (listed.get(MANIFEST) or 0) > MAX_MANIFEST_BYTES:
        raise BundleRefusedError("size", f"{MANIFEST} is larger than {MAX_MANIFEST_BYTES} bytes")


def _check_names(present: set[str], files: dict[str, FileEntry]) -> None:
    promised = {MANIFEST, *files}
    if present != promised:
        wrong = ", ".join(sorted(present ^ promised))
        raise BundleRefusedError("files", f"missing, or not in the manifest: {wrong[:200]}")


def _fetch(fetch: Fetch, name: str, incoming: Path) -> None:
    # Fetched into a folder of its own: the client recreates the artifact's path below it.
    folder = incoming / f"{_INCOMING}{name}"
    folder.mkdir()
    fetch(name, folder).rename(incoming / name)
    shutil.rmtree(folder)


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
