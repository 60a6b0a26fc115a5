"""Resident memory of two workers, over many requests and then over many models."""

from functools import partial
from pathlib import Path
from statistics import median

from bench.bar import Bar
from bench.bench import Bench
from bench.measures.metrics_text import total
from bench.peers.ours.peer import Ours
from bench.server import Server
from bench.servingdir import publish
from scripts.run.processes import wait_until

LIMIT_MIB = 130.0
STEADY_MIB = 1.0
WORKERS = 2
MIB = 1024 * 1024


def memory(bench: Bench) -> list[Bar]:
    """RSS of the largest worker, and what it grew by once warm."""
    with bench.ours("random_forest", {"POLICY_POLL_SECONDS": "0.05"}, workers=WORKERS, pinned=False) as server:
        sizes = after_requests(bench, server)
        steady = after_requests(bench, server)
        swapped = after_swaps(bench, server)
    return [
        Bar(
            f"memory of a worker after {bench.plan.requests:,} requests",
            f"≤ {LIMIT_MIB:g} MiB, slope 0",
            f"{sizes[-1]:.0f} MiB, {growth(steady):+.1f}",
            max(sizes + steady) <= LIMIT_MIB and growth(steady) <= STEADY_MIB,
            f"slope: over as many again, from their second quarter to their last, at most {STEADY_MIB:g} MiB",
        ),
        Bar(
            f"memory of a worker after {bench.plan.swaps} model swaps",
            f"≤ {LIMIT_MIB:g} MiB, slope 0",
            f"{swapped[-1]:.0f} MiB, {growth(swapped):+.1f}",
            max(swapped) <= LIMIT_MIB and growth(swapped) <= STEADY_MIB,
            f"before them {steady[-1]:.0f} MiB; each swap is a new version",
        ),
    ]


def growth(sizes: list[float]) -> float:
    """MiB from the second quarter of the measurements to the last."""
    quarter = max(1, len(sizes) // 4)
    return median(sizes[-quarter:]) - median(sizes[quarter : 2 * quarter] or sizes[:1])


def largest(server: Server) -> float:
    return max(worker.memory_info().rss for worker in server.workers()) / MIB


def after_requests(bench: Bench, server: Server) -> list[float]:
    """MiB of the largest worker after each second of load."""
    ask = Ours().asks()["one"]
    done, sizes = 0, []
    while done < bench.plan.requests:
        done += server.load(ask, 1).requests
        sizes.append(largest(server))
    return sizes


def served(server: Server, version: int) -> bool:
    return total(server, f'model_info{{variant="production",version="{version}"}}') == WORKERS


def after_swaps(bench: Bench, server: Server) -> list[float]:
    """MiB of the largest worker after each swap, both workers serving the new version."""
    serving: Path = server.scratch / "serving"
    models = [bench.bundle("logistic_regression"), bench.bundle("random_forest")]
    sizes = []
    for swap in range(bench.plan.swaps):
        generation = swap + 2
        publish(serving, models[swap % 2], generation)
        wait_until(partial(served, server, generation), f"both workers serve version {generation}")
        sizes.append(largest(server))
    # Two models of different size take turns: compare like with like.
    return sizes[1::2]
