"""The time of a scrape at four workers, before and after many of them died."""

import signal
import time
from statistics import median

import httpx2

from bench.bar import Bar, at_most
from bench.bench import Bench
from bench.peers.ours.peer import Ours
from bench.server import Server
from scripts.run.processes import wait_until

LIMIT_MS = 50.0
WORKERS = 4
SCRAPES = 21


def scrape(bench: Bench) -> list[Bar]:
    with bench.ours("random_forest", workers=WORKERS, pinned=False) as server:
        fill(server)
        fresh, series = timed(server)
        for _ in range(bench.plan.restarts // WORKERS):
            replace_all(server)
            fill(server)
        worn, worn_series = timed(server)
    restarts = bench.plan.restarts // WORKERS * WORKERS
    return [
        at_most("/metrics at 4 workers (median of 21)", fresh, LIMIT_MS, " ms", digits=1, note=f"{series} lines"),
        at_most(
            f"/metrics after {restarts} worker restarts", worn, LIMIT_MS, " ms", digits=1, note=f"{worn_series} lines"
        ),
    ]


def fill(server: Server) -> None:
    """Every worker answers rows of every class and bin, one by one and in batches."""
    asks = Ours().asks()
    for workload in ("one", "objects"):
        server.load(asks[workload], 1)


def timed(server: Server) -> tuple[float, int]:
    """Milliseconds of a scrape, and its lines."""
    times = []
    with httpx2.Client(base_url=server.url, timeout=30) as client:
        for _ in range(SCRAPES):
            began = time.perf_counter()
            answer = client.get("/metrics")
            times.append((time.perf_counter() - began) * 1000)
    return median(times), len(answer.text.splitlines())


def replace_all(server: Server) -> None:
    """Kill every worker and wait for as many new ones that answer."""
    old = server.workers()
    for worker in old:
        worker.send_signal(signal.SIGKILL)
    pids = {worker.pid for worker in old}

    def replaced() -> bool:
        now = {worker.pid for worker in server.workers()}
        return len(now) == WORKERS and not now & pids and server.answers("/health/ready")

    wait_until(replaced, f"{WORKERS} new workers are ready", 60)
