"""The latency of /predict while a file is scored on the same cores, and without: in turns, side by side."""

import multiprocessing
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from bench.bar import Bar, at_most
from bench.bench import Bench
from bench.measures.score import large
from bench.peers.ours.peer import Ours
from bench.server import Server
from scripts.run.processes import wait_until
from trainer.bundle.bundle import read_bundle
from trainer.gate.contender import Split, of_bundle
from trainer.scoring.model import Model
from trainer.scoring.priority import give_way
from trainer.scoring.request import ScoringRequest
from trainer.scoring.scoring import score
from trainer.workspace.layout import Layout

TIMES = 2.0
RATE, REQUESTS = 100, 1000


def beside(bench: Bench) -> list[Bar]:
    """The median over the turns of one p99 over the other; the two of a turn are measured one after the other."""
    home, scratch = bench.bundle("logistic_regression").parents[2], bench.scratch("beside")
    table = large(scratch / "large.parquet", bench.plan.scored)
    quiet, busy = [], []
    with bench.ours("logistic_regression", workers=2, pinned=False) as server:
        for _ in range(bench.plan.rounds):
            quiet.append(p99_ms(server))
            with scoring(home, table, scratch / "scored.parquet"):
                busy.append(p99_ms(server))
    found = statistics.median(beside / alone for alone, beside in zip(quiet, busy, strict=True))
    note = f"{statistics.median(busy):.1f} ms beside {statistics.median(quiet):.1f} ms, {RATE} requests a second"
    return [at_most("p99 of /predict while a file is scored, times that without", found, TIMES, " x", note=note)]


def p99_ms(server: Server) -> float:
    """Of requests that are due at a steady rate, counted from then: an answer that is late delays no other's clock."""
    ask, times = Ours().asks()["one"], []
    headers = {"content-type": ask.content_type}
    with httpx2.Client(base_url=server.url, timeout=30, headers=headers) as client:
        began = time.perf_counter()
        for number in range(REQUESTS):
            due = began + number / RATE
            time.sleep(max(0.0, due - time.perf_counter()))
            client.post(ask.path, content=ask.bodies[number % len(ask.bodies)]).raise_for_status()
            times.append(1000 * (time.perf_counter() - due))
    return statistics.quantiles(times, n=100, method="inclusive")[98]


@contextmanager
def scoring(home: Path, table: Path, output: Path) -> Iterator[None]:
    """Score `table` again and again, in a process that gives way as `make score` does."""
    process = multiprocessing.get_context("spawn").Process(target=again, args=(home, table, output), daemon=True)
    process.start()
    try:
        wait_until(lambda: any(output.parent.glob(f"*{output.name}*")), "the scoring has started", 60)
        yield
        if not process.is_alive():
            raise RuntimeError("the scoring ended while it was measured")
    finally:
        process.kill()
        process.join()


def again(home: Path, table: Path, output: Path) -> None:
    give_way()
    model = Model(of_bundle(read_bundle(Layout(home)), Split(0, 0.2)))
    while True:
        score(ScoringRequest(table, output, force=True), model)
