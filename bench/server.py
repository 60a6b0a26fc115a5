"""A server pinned to one core, asked until it is ready, and its CPU time and memory read from its own processes."""

import contextlib
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import httpx2
import psutil

from bench.ask import BenchRequest
from bench.errors import BenchError, NotThereYetError
from bench.load import Sample, load
from scripts.run.interrupts import Interrupts
from scripts.run.ports import HOST
from scripts.run.processes import Process

SERVER_CORE, CLIENT_CORE = 0, 1
READY_SECONDS = 120
SETTLED_SECONDS, SETTLED_STEP = 10.0, 0.25
NOT_FOUND = 404


class Server:
    """A running server. Its figures are those of the started process and everything below it."""

    def __init__(self, process: Process, port: int, scratch: Path) -> None:
        self.process = process
        self.url = f"http://{HOST}:{port}"
        self.scratch = scratch

    @property
    def main(self) -> psutil.Process:
        return psutil.Process(self.process.process.pid)

    def workers(self) -> list[psutil.Process]:
        """The processes below the started one."""
        return self.main.children(recursive=True)

    def cpu_seconds(self) -> float:
        """User and system time so far, in steps of 10 ms; a gunicorn master adds about 1 ms a second."""
        total = 0.0
        for process in [self.main, *self.workers()]:
            with contextlib.suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                total += times.user + times.system
        return total

    def answers(self, path: str) -> bool:
        """Whether a GET of `path` is answered with 200."""
        try:
            return httpx2.get(self.url + path, timeout=5).status_code == httpx2.codes.OK
        except httpx2.HTTPError:
            return False

    def first(self, ask: BenchRequest) -> bytes:
        """The answer to the first body.

        Raises NotThereYetError for 404, BenchError for anything else but 200.
        """
        headers = {"content-type": ask.content_type}
        answer = httpx2.post(self.url + ask.path, content=ask.bodies[0], headers=headers, timeout=60)
        if answer.status_code == NOT_FOUND:
            raise NotThereYetError(f"{ask.path} is not there yet")
        if answer.status_code != httpx2.codes.OK:
            raise BenchError(f"POST {ask.path}: {answer.status_code} {answer.text[:500]}\n{self.process.tail()}")
        return answer.content

    def load(self, ask: BenchRequest, seconds: int) -> Sample:
        """wrk leaves its last requests behind; the next server's turn begins when this one has worked them off."""
        sample = load(self.url, ask, seconds, self.cpu_seconds, scratch=self.scratch, core=CLIENT_CORE)
        self.settle()
        return sample

    def settle(self) -> None:
        """Wait until the server takes less than a tenth of a core, at most `SETTLED_SECONDS`."""
        end, before = time.monotonic() + SETTLED_SECONDS, self.cpu_seconds()
        while time.monotonic() < end:
            time.sleep(SETTLED_STEP)
            now = self.cpu_seconds()
            if now - before < SETTLED_STEP / 10:
                return
            before = now


@contextlib.contextmanager
def serving(
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    port: int,
    ready: str,
    scratch: Path,
    interrupts: Interrupts,
    pinned: bool = True,
) -> Iterator[Server]:
    """Run `command` in `scratch` until the body is done, on the server's core unless not `pinned`.

    Raises NotInTimeError or ProcessEndedError, with the end of its log, when `ready` is not answered with 200.
    """
    pin = ["taskset", "--cpu-list", str(SERVER_CORE)] if pinned else []
    settings = bare_environment() | dict(environment)
    with contextlib.ExitStack() as stack:
        with interrupts.shield():
            process = Process([*pin, *command], settings, log=scratch / "server.log", cwd=scratch)
            stack.enter_context(process)
        server = Server(process, port, scratch)
        process.wait_until(lambda: server.answers(ready), f"{server.url}{ready} answers 200", READY_SECONDS)
        yield server


def bare_environment() -> dict[str, str]:
    """The environment of every server: no settings of the person's own, one thread for every mathematics library."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return kept | threads | {"PYTHONUNBUFFERED": "1", "DO_NOT_TRACK": "true"}
