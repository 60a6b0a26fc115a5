"""Bundles on disk: fetched beside, checked whole, made durable, and only then given their name."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import NamedTuple

from courier.errors import BundleRefusedError
from courier.following.bundle_rules import (
    HASH,
    MANIFEST,
    MAX_MANIFEST_BYTES,
    check,
    check_listing,
    check_names,
    read_manifest,
)

_INCOMING = ".incoming-"

Fetch = Callable[[str, Path, int], None]
"""Fetch the named file to this path, which is free; raises BundleRefusedError where it has more bytes than this."""


class _Checked(NamedTuple):
    state: str
    at: float
    problem: str | None


class Bundles:
    """The directory `bundles/`. Its owner is one thread of one courier."""

    def __init__(
        self, directory: Path, *, recheck_seconds: float = 300, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Bundles are read again every `recheck_seconds`, however little their files seem to have changed."""
        self._directory = directory
        self._recheck_seconds = recheck_seconds
        self._clock = clock
        self._checked: dict[str, _Checked] = {}

    def has(self, bundle: str) -> bool:
        """Whether the bundle is here and whole."""
        return self.problem(bundle) is None

    def problem(self, bundle: str, *, suspect: bool = False) -> str | None:
        """Why the bundle is not whole, or None.

        Its files are read and hashed when one was changed, replaced or removed, when the last time was
        `recheck_seconds` ago, and when the bundle is `suspect`.
        """
        if not HASH.fullmatch(bundle):
            return f"not a sha256: {bundle[:80]!r}"
        folder, now = self._directory / bundle, self._clock()
        state = _state(folder)
        known = self._checked.get(bundle)
        if known is None or known.state != state or suspect or now - known.at >= self._recheck_seconds:
            known = self._checked[bundle] = _Checked(state, now, _problem(folder, bundle))
        return known.problem

    def install(self, bundle: str, listed: dict[str, int | None], fetch: Fetch) -> None:
        """Fetch a bundle's files and put it in place, complete or not at all. One that is there already is replaced.

        `listed` has the files there are to fetch, with their sizes in bytes (None for a folder).

        Raises:
            BundleRefusedError: it is not what its hash promises, too large, holds something that is not a plain file,
                or can't be written.
        """
        if not HASH.fullmatch(bundle):
            raise BundleRefusedError("hash", f"the tag `bundle` is not a sha256: {bundle[:80]!r}")
        if MANIFEST not in listed:
            raise BundleRefusedError("files", f"the version's run has no {MANIFEST} in its folder bundle/")
        check_listing(listed)
        incoming = self._directory / f"{_INCOMING}{bundle[:16]}"
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            self.clear_incoming()
            incoming.mkdir()
            self._fetch(bundle, listed, fetch, incoming)
            self._replace(incoming, self._directory / bundle)
        except OSError as error:
            raise BundleRefusedError("disk", f"bundle {bundle} can't be written: {error}") from error
        finally:
            _remove(incoming)
        self._checked[bundle] = _Checked(_state(self._directory / bundle), self._clock(), None)

    def _fetch(self, bundle: str, listed: dict[str, int | None], fetch: Fetch, incoming: Path) -> None:
        fetch(MANIFEST, incoming / MANIFEST, MAX_MANIFEST_BYTES)
        files = read_manifest(incoming / MANIFEST, bundle)
        check_names(set(listed), files)
        for name, entry in sorted(files.items()):
            # The manifest is the one that the hash promises, so its sizes are the ones to hold the registry to.
            fetch(name, incoming / name, entry.size)
        check(incoming, bundle)
        for name in (MANIFEST, *files):
            _sync(incoming / name)
        _sync(incoming)

    def _replace(self, incoming: Path, target: Path) -> None:
        """Two renames: an open file of the old one stays readable, and no reader finds half a bundle."""
        if os.path.lexists(target):
            target.rename(_doomed(target))
        incoming.rename(target)
        _sync(self._directory)
        _remove(_doomed(target))

    def prune(self, in_use: Collection[str], keep: int) -> list[str]:
        """Delete all but the bundles in use and the `keep` newest others; returns what was deleted."""
        if not self._directory.is_dir():
            return []
        self.clear_incoming()
        idle = [path for path in self._directory.iterdir() if HASH.fullmatch(path.name) and path.name not in in_use]
        idle.sort(key=lambda path: path.lstat().st_mtime_ns, reverse=True)
        for path in idle[keep:]:
            # Renamed first, so that no reader sees half a bundle under its name.
            _remove(path.rename(_doomed(path)))
            self._checked.pop(path.name, None)
        return [path.name for path in idle[keep:]]

    def touch(self, bundle: str) -> None:
        """Count a bundle as used now, for `prune`."""
        now = time.time_ns()  # finer than the kernel's own idea of now
        os.utime(self._directory / bundle, ns=(now, now))

    def clear_incoming(self) -> None:
        """Remove what an earlier life left half done."""
        for path in self._directory.glob(f"{_INCOMING}*"):
            _remove(path)


def _state(folder: Path) -> str:
    """Changes when a file is changed, replaced or removed, or the folder can't be read; no content is read."""
    digest = hashlib.sha256()
    try:
        for path in sorted(folder.iterdir()):
            status = path.lstat()
            facts = (path.name, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_mode)
            digest.update(f"{facts}\n".encode())
    except OSError as error:
        return f"errno {error.errno}"
    return digest.hexdigest()


def _problem(folder: Path, bundle: str) -> str | None:
    try:
        check(folder, bundle)
    except BundleRefusedError as error:
        return str(error)
    except OSError as error:
        return f"{error.filename or folder}: {error.strerror or error}"
    return None


def _doomed(path: Path) -> Path:
    return path.with_name(f"{_INCOMING}doomed-{path.name[:16]}")


def _remove(path: Path) -> None:
    """Remove a folder, or a file in its place; also a folder without permissions."""
    with contextlib.suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o700)
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
