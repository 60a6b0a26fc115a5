"""The result of each bundle's proof: one small file each, shared by this api's workers and read by the courier."""

import contextlib
import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError

FOLDER = "proofs"

_LARGEST = 64 * 1024
_REFUSAL_COUNTS = timedelta(minutes=10)
_LOCK_SECONDS = 90.0

log = structlog.stdlib.get_logger(__name__)


class Proof(BaseModel):
    """``docs/formats/proof.schema.json``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    bundle: str
    proven: bool
    reason: str | None = None
    """The rule that the bundle broke; None where it is proven."""
    message: str | None = None
    files: str
    """State of the bundle's files when they were proved, see :func:`files_state`."""
    limits: str
    """The runtime and the memory limit that the verdict holds for."""
    at: datetime


class Proofs:
    """The results of proofs, in files ``<folder>/<bundle>.json``.

    A file that can't be read or written costs a proof, never an error.
    """

    def __init__(self, folder: Path, bundles: Path, *, memory: int) -> None:
        self._folder = folder
        self._bundles = bundles
        self._limits = f"onnxruntime {version('onnxruntime')}, api {version('mlops-iris-api')}, {memory} bytes"

    def read(self, bundle: str) -> Proof | None:
        """The verdict on this bundle if it still holds.

        A proven bundle stays proven: its hash covers every byte, and the worker checks them again. A refusal holds for
        the files as they were, and for ten minutes: a busy machine may have been the reason.
        """
        try:
            with (self._folder / f"{bundle}.json").open("rb") as file:
                proof = Proof.model_validate_json(file.read(_LARGEST))
        except (OSError, ValidationError):
            return None
        if proof.bundle != bundle or proof.limits != self._limits:
            return None
        fresh = abs(datetime.now(UTC) - proof.at) < _REFUSAL_COUNTS
        return proof if proof.proven or (fresh and proof.files == self.state(bundle)) else None

    def write(self, bundle: str, files: str, refusal: tuple[str, str] | None) -> Proof:
        """Keep a verdict: ``refusal`` is its reason and message. Verdicts on deleted bundles are removed."""
        reason, message = refusal or (None, None)
        proof = Proof(
            bundle=bundle,
            proven=refusal is None,
            reason=reason,
            message=message and message[:2000],
            files=files,
            limits=self._limits,
            at=datetime.now(UTC),
        )
        fresh = self._folder / f".{bundle}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            fresh.write_text(proof.model_dump_json(exclude_none=True))
            fresh.replace(self._folder / f"{bundle}.json")
            for path in self._folder.glob("*.json"):
                if path.stem != bundle and not (self._bundles / path.stem).exists():
                    path.unlink(missing_ok=True)
        except OSError as error:
            log.warning("the verdict on a bundle can't be kept", folder=str(self._folder), error=str(error))
        return proof

    def state(self, bundle: str) -> str:
        """A text that changes when any file of the bundle is changed, replaced or removed, or can't be listed."""
        return files_state(self._bundles / bundle)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """One proof at a time in all workers. After 90 seconds, or without a lock file, it goes on without."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            yield
            return
        try:
            _lock(descriptor)
            yield
        finally:
            os.close(descriptor)


def files_state(folder: Path) -> str:
    """A hash of the name, size, inode and change time of each file; it reads no content."""
    digest = hashlib.sha256()
    try:
        for path in sorted(folder.iterdir()):
            status = path.lstat()
            digest.update(
                f"{path.name!r} {status.st_size} {status.st_ino} {status.st_mode} {status.st_ctime_ns}\n".encode()
            )
    except OSError as error:
        return f"errno {error.errno}"
    return digest.hexdigest()


def _lock(descriptor: int) -> None:
    until = time.monotonic() + _LOCK_SECONDS
    while time.monotonic() < until:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(0.02)
