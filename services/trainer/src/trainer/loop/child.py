"""Runs a verb of the trainer in a process of its own, so that its failure ends nothing else."""

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any

STOP_SECONDS = 20


@dataclass
class Children:
    """Runs one at a time; `command` are the words before the verb."""

    command: list[str]
    say: Callable[[str], None]
    _running: subprocess.Popen[bytes] | None = None
    _stopping: bool = False
    _lock: Lock = field(default_factory=Lock)

    def run(self, *verb: str, seconds: float) -> dict[str, Any] | None:
        """The content of the verb's `--outcome`; None when it failed, was killed, or took longer than `seconds`."""
        with TemporaryDirectory() as folder:
            file = Path(folder) / "outcome.json"
            with self._lock:
                if self._stopping:
                    return None
                # A group of its own: DVC and its stages end with it.
                self._running = subprocess.Popen(  # noqa: S603 - our own words
                    [*self.command, *verb, "--outcome", str(file)], stdin=subprocess.DEVNULL, start_new_session=True
                )
            try:
                status = self._running.wait(seconds)
            except subprocess.TimeoutExpired:
                self.say(f"{verb[0]} took longer than {seconds:g} s and was ended")
                self._end(self._running)
                return None
            if status:
                how = f"signal {-status}" if status < 0 else f"status {status}"
                self.say(f"{verb[0]} ended with {how}; what it printed is above")
                return None
            try:
                outcome: dict[str, Any] = json.loads(file.read_bytes())
            except (OSError, ValueError):
                self.say(f"{verb[0]} ended well and did not tell what came of it")
                return None
            return outcome

    def stop(self) -> None:
        """End what runs, and start nothing more."""
        with self._lock:
            self._stopping = True
            running = self._running
        if running is not None and running.poll() is None:
            self._end(running)

    @staticmethod
    def _end(process: subprocess.Popen[bytes]) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
