"""Measures the time from a worker's death to its successor's first answer, and from the command to the first answer."""

import signal
import time
from statistics import median

from bench.bar import Bar, at_most
from bench.bench import Bench
from scripts.run.processes import wait_until

SECONDS = 2.0


def start(bench: Bench) -> list[Bar]:
    bench.bundle("random_forest")
    began = time.monotonic()
    with bench.ours("random_forest") as server:
        cold = time.monotonic() - began
        times = []
        for _ in range(bench.plan.starts):
            (worker,) = server.workers()
            began = time.monotonic()
            worker.send_signal(signal.SIGKILL)
            worker.wait(timeout=10)
            wait_until(lambda: server.answers("/health/ready"), "the next worker is ready")
            times.append(time.monotonic() - began)
    note = f"of {len(times)}: {min(times):.2f} to {max(times):.2f} s; from the command to ready {cold:.2f} s"
    what = "start of a worker to ready (killed to answering, median)"
    return [at_most(what, median(times), SECONDS, " s", note=note)]
