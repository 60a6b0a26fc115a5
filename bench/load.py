"""wrk as a function: a peer, a request, some seconds; requests, latency and the server's own CPU time come back."""

import json
import resource
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.ask import BenchRequest
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
    """Rows in each request."""
    client_seconds: float = 0.0
    """User and system time of wrk, which has one thread on one core."""

    @property
    def requests_per_second(self) -> float:
        return self.requests / self.seconds

    @property
    def rows_per_second(self) -> float:
        return self.rows * self.requests_per_second

    @property
    def client_share(self) -> float:
        """The share of a core that wrk used. Near 1.0 wrk limits the throughput, and only CPU per request compares."""
        return self.client_seconds / self.seconds

    @property
    def cpu_us(self) -> float:
        """Microseconds of server CPU per request."""
        return self.cpu_seconds / self.requests * 1e6


def check_tools() -> None:
    """Raises ToolMissingError for a program that is not on the path, with the way to get it."""
    for tool, remedy in TOOLS.items():
        if shutil.which(tool) is None:
            raise ToolMissingError(f"'{tool}' is not on the path; on Debian and Ubuntu: {remedy}")


def load(
    url: str, ask: BenchRequest, seconds: int, cpu_seconds: Callable[[], float], *, scratch: Path, core: int
) -> Sample:
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
    before, client_before = cpu_seconds(), _ended_children()
    run = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=False)  # noqa: S603
    used, client = cpu_seconds() - before, _ended_children() - client_before
    if run.returncode or not run.stdout.strip():
        raise BenchError(f"wrk failed: {run.stderr.strip() or run.stdout.strip()}")
    measured = json.loads(run.stdout.splitlines()[-1])
    sample = Sample(**measured, cpu_seconds=used, rows=ask.rows, client_seconds=client)
    if not sample.requests:
        raise BenchError(f"no answer from {url}{ask.path} in {seconds} s")
    return sample


def _ended_children() -> float:
    """User and system time of this process' children that have ended, wrk's among them."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
