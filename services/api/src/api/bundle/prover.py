"""Tries a bundle in a process of its own, so that a harmful bundle costs a verdict and nothing else."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel, ValidationError

from api.bundle.proofs import Proof, Proofs
from api.errors import BundleRefusedError

_SECONDS = 60.0
_LARGEST = 64 * 1024
_PASSED_ON = ("PATH", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "LD_LIBRARY_PATH", "LANG", "LC_ALL")

Refusal = tuple[str, str]
"""The reason, which becomes a metric's label, and the message."""


class Proving(Protocol):
    """Tries a bundle before a worker loads it."""

    def prove(self, bundle: str) -> None:
        """Return when the bundle is proven. Raises BundleRefusedError with the rule it broke."""

    def state(self, bundle: str) -> str:
        """A text that changes when the bundle's files change; it reads no content."""

    def close(self) -> None:
        """End a proof that is still running."""


class Prover:
    """One verdict per bundle for all workers: the first that asks has it proved, the others read what was found."""

    def __init__(self, bundles: Path, proofs: Proofs, *, memory: int, seconds: float = _SECONDS) -> None:
        self._bundles = bundles.absolute()
        self._proofs = proofs
        self._memory = memory
        self._seconds = seconds
        self._guard = threading.Lock()
        self._running: subprocess.Popen[bytes] | None = None
        self._closed = False

    def state(self, bundle: str) -> str:
        return self._proofs.state(bundle)

    def prove(self, bundle: str) -> None:
        """Blocks for as long as a proof may take, and for that of another worker."""
        proof = self._proofs.read(bundle)
        if proof is None:
            with self._proofs.locked():
                proof = self._proofs.read(bundle) or self._prove(bundle)
        if not proof.proven:
            raise BundleRefusedError(proof.reason or "error", proof.message or "")

    def close(self) -> None:
        with self._guard:
            self._closed = True
            if self._running is not None:
                self._running.kill()

    def _prove(self, bundle: str) -> Proof:
        files = self._proofs.state(bundle)
        refusal = self._try(bundle)
        if self._closed:
            raise BundleRefusedError("stopped", f"bundle {bundle}: the worker stopped before the proof was over")
        return self._proofs.write(bundle, files, refusal)

    def _try(self, bundle: str) -> Refusal | None:
        """Run the proof. Its output is a file in memory that the process can't make larger than it may be."""
        command = [sys.executable, "-P", "-m", "api.bundle.proof", str(self._bundles), bundle]
        command += [str(self._memory), str(os.getpid())]
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        environment |= {"OPENBLAS_NUM_THREADS": "1", "ORT_DISABLE_TELEMETRY": "1"}
        with os.fdopen(os.memfd_create("proof"), "w+b", buffering=0) as output:
            with self._guard:
                if self._closed:
                    return None
                self._running = subprocess.Popen(  # noqa: S603 (our own module; the bundle's name is 64 hex digits)
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.DEVNULL,
                    env=environment,
                    cwd="/",
                )
            try:
                code = self._running.wait(self._seconds)
            except subprocess.TimeoutExpired:
                return "deadline", f"bundle {bundle}: its proof took longer than {self._seconds:g} s"
            finally:
                with self._guard:
                    self._running.kill()
                    self._running.wait()
                    self._running = None
            output.seek(0)
            return _refusal(bundle, code, output.read(_LARGEST))


class Verdict(BaseModel):
    """The output of ``python -m api.bundle.proof``."""

    reason: str | None
    message: str | None


def _refusal(bundle: str, code: int, output: bytes) -> Refusal | None:
    if code == -signal.SIGXCPU:
        return "deadline", f"bundle {bundle}: its proof took too much processor time"
    if code < 0:
        return "crash", f"bundle {bundle}: its proof was ended by {signal.Signals(-code).name}"
    try:
        verdict = Verdict.model_validate_json(output)
    except ValidationError:
        return "crash", f"bundle {bundle}: its proof ended with code {code} and no verdict"
    return None if verdict.reason is None else (verdict.reason, verdict.message or "")
