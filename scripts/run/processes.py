"""Start a process in a group of its own, wait for it by asking it, end it with everything it started."""

import contextlib
import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from scripts.run.errors import AlreadyRunningError, NotInTimeError, ProcessEndedError
from scripts.run.logs import LIMIT_BYTES, BoundedLog

POLL_SECONDS = 0.05


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 30) -> None:
    """Poll `condition` until it holds; NotInTimeError naming `what` when it does not within `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise NotInTimeError(f"not within {seconds:g} s: {what}")
        time.sleep(POLL_SECONDS)


class Process:
    """A running program and all its children; leaving the context ends the whole group.

    `lock` names a file the group holds while any of it lives, also when this program was killed and could not clean up:
    a second start then raises AlreadyRunningError instead of sharing the first one's files. Without a `log` it prints
    where this program prints; a `log` is rotated before it has `log_limit` bytes.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        log: Path | None,
        log_limit: int = LIMIT_BYTES,
        lock: Path | None = None,
        user: str | None = None,
        cwd: Path | None = None,
    ) -> None:
        held = hold(lock) if lock else None
        with contextlib.ExitStack() as open_files:
            if held is not None:
                open_files.callback(os.close, held)
            self.log = BoundedLog(log, log_limit) if log else None
            output = open_files.enter_context(log.open("ab")) if log else None
            self.process = subprocess.Popen(
                command,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                user=user,
                cwd=cwd,
                pass_fds=() if held is None else (held,),
                start_new_session=True,
            )
            if held is not None:
                self._write_down(held)
        if self.log is not None:
            self.log.watch()

    def _write_down(self, held: int) -> None:
        """Put the group's number in the lock. On a full disk the group is ended, and the OSError goes on."""
        try:
            os.pwrite(held, f"{self.process.pid:<10}\n".encode(), 0)
        except OSError:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def wait_until(self, condition: Callable[[], bool], what: str, seconds: float = 30) -> None:
        """As the function, and ProcessEndedError with the end of the log as soon as the process has ended."""

        def holds() -> bool:
            if self.process.poll() is not None:
                raise ProcessEndedError(f"ended with {self.process.returncode} before: {what}\n{self.tail()}")
            return condition()

        try:
            wait_until(holds, what, seconds)
        except NotInTimeError as error:
            raise NotInTimeError(f"{error}\n{self.tail()}") from None

    def tail(self, lines: int = 30) -> str:
        """The end of what this process printed."""
        if self.log is None:
            return ""
        return "\n".join([f"--- {self.log.path}", *self.log.tail(lines)])

    def stop(self, seconds: float = 30) -> int:
        """SIGTERM, and SIGKILL for what is left of the group after `seconds`; the exit code."""
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        code = self.process.wait()
        if self.log is not None:
            self.log.close()
        return code


def holder(lock: Path) -> int | None:
    """The process group that holds `lock`: it lives even if its leader has ended. None when no group holds it."""
    try:
        descriptor = os.open(lock, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return int(os.read(descriptor, 32).decode().strip() or 0)
    finally:
        os.close(descriptor)
    return None


def hold(lock: Path) -> int:
    """The locked file's descriptor. Raises AlreadyRunningError while another process has it."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    held = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pid = os.read(held, 32).decode().strip() or "?"
        os.close(held)
        raise AlreadyRunningError(
            f"{lock.stem} is already running from this folder (process group {pid}); `make stop` ends it"
        ) from None
    return held
