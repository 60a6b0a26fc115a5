"""wrk as a function: a peer, a request, some seconds; requests, latency and the server's own CPU time come back."""

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.ask import Ask
from bench.errors import BenchError, ToolMissingError

POST = Path(__file__).parent / "wrk" / "post.lua"
CLIENTS = 16
TOOLS = {"wrk": "apt-get install wrk", "taskset": "apt-get install util-linux"}


@dataclass(frozen=True)
class Sample:
    """One run of wrk against one server."""

    requests: int
    seconds: float
    failed: int
    """Answers that were not 2xx or 3xx, and connections that broke."""
    p50_ms: float
    p99_ms: float
    cpu_seconds: float
    """User and system time of all the server's processes."""
    rows: int
    """In each request."""

    @property
    def requests_per_second(self) -> float:
        return self.requests / self.seconds

    @property
    def rows_per_second(self) -> float:
        return self.rows * self.requests_per_second

    @property
    def cpu_us(self) -> float:
        """Microseconds of server CPU per request."""
        return self.cpu_seconds / self.requests * 1e6


def check_tools() -> None:
    """Raises ToolMissingError for a program that is not on the path, with the way to get it."""
    for tool, remedy in TOOLS.items():
        if shutil.which(tool) is None:
            raise ToolMissingError(f"'{tool}' is not on the path; on Debian and Ubuntu: {remedy}")


def load(url: str, ask: Ask, seconds: int, cpu_seconds: Callable[[], float], *, scratch: Path, core: int) -> Sample:
    """Send `ask` from 16 keep-alive clients on `core` for `seconds`.

    Raises BenchError when wrk fails or nothing was answered.
    """
    bodies = scratch / "bodies"
    bodies.write_bytes(b"\n".join(ask.bodies) + b"\n")
    command = [
        *("taskset", "--cpu-list", str(core), "wrk", "--threads", "1", "--connections", str(CLIENTS)),
        *("--duration", f"{seconds}s", "--timeout", "30s", "--script", str(POST)),
        *(url + ask.path, "--", str(bodies), ask.content_type),
    ]
    before = cpu_seconds()
    run = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=False)  # noqa: S603
    used = cpu_seconds() - before
    if run.returncode or not run.stdout.strip():
        raise BenchError(f"wrk failed: {run.stderr.strip() or run.stdout.strip()}")
    sample = Sample(**json.loads(run.stdout.splitlines()[-1]), cpu_seconds=used, rows=ask.rows)
    if not sample.requests:
        raise BenchError(f"no answer from {url}{ask.path} in {seconds} s")
    return sample
