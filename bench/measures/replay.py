"""A replay of the version that served: what an audited row costs, and whether the audit is what was answered."""

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from bench.ask import BenchRequest, asks, objects
from bench.bar import Bar, at_most
from bench.bench import Bench
from bench.measures.courier import drained, filled, running
from bench.postgres import postgres
from bench.server import Server
from trainer.bundle.bundle import read_bundle
from trainer.gate.contender import Split, of_bundle
from trainer.replay.audit import pages
from trainer.replay.replaying import replay as replayed
from trainer.scoring.model import Model
from trainer.workspace.layout import Layout

ROWS, SECONDS = 1_000_000, 60.0
DIFFERENCE = 1e-6
LARGE, BODIES = 1000, 100
LOW, HIGH = (4.3, 2.0, 1.0, 0.1), (7.9, 4.4, 6.9, 2.5)


@dataclass(frozen=True)
class Replayed:
    report: dict[str, Any]
    trainer: float
    """Seconds of CPU, the model's process included."""
    courier: float
    seconds: float

    @property
    def cpu(self) -> float:
        """CPU seconds of `ROWS` rows, at the measured rate."""
        return (self.trainer + self.courier) * ROWS / int(self.report["audited"])


def replay(bench: Bench) -> list[Bar]:
    """The api answers, the courier lands in SQLite, and the same version answers again."""
    scratch = bench.scratch("replay-sqlite")
    return judged("SQLite", measured(bench, scratch, {"SQLITE_PATH": str(scratch / "predictions.db")}))


def replay_postgresql(bench: Bench) -> list[Bar]:
    """The same from PostgreSQL."""
    with postgres(bench.interrupts) as url:
        found = measured(bench, bench.scratch("replay-postgresql"), {"DATABASE_URL": url})
    return judged("PostgreSQL", found)


def different() -> BenchRequest:
    """Rows all over the ranges of iris: no two alike in 100,000."""
    generator = np.random.default_rng(19)
    rows = generator.uniform(LOW, HIGH, size=(BODIES, LARGE, len(LOW))).tolist()
    return asks("/predict/batch", rows, lambda batch: {"rows": objects(batch)})


def measured(bench: Bench, scratch: Path, settings: dict[str, str]) -> Replayed:
    backlog = filled(bench, "objects", different(), bench.plan.replayed).journal
    # The bundle lies in artifacts/bundles/ of the folder that made it.
    home = bench.bundle("random_forest").parents[2]
    model = Model(of_bundle(read_bundle(Layout(home)), Split(0, 0.2)))
    with running(bench, scratch, settings) as server:
        drained(server, backlog)
        return timed(server, lambda: replayed(pages(server.url, datetime.now(UTC) - timedelta(days=1)), model))


def timed(server: Server, work: Callable[[], dict[str, Any]]) -> Replayed:
    began, courier, trainer = time.monotonic(), server.cpu_seconds(), own_seconds()
    report = work()
    return Replayed(report, own_seconds() - trainer, server.cpu_seconds() - courier, time.monotonic() - began)


def own_seconds() -> float:
    """CPU of this process and of its children that have ended."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in both)


def judged(store: str, found: Replayed) -> list[Bar]:
    same = found.report["same_bundle"]
    largest, differing = float(same["largest_difference"]), int(same["differing"])
    rows = int(found.report["audited"])
    note = f"{rows:,} rows in {found.seconds:.0f} s; trainer {found.trainer:.1f} s, courier {found.courier:.1f} s"
    return [
        at_most(f"replay of {ROWS:,} audited rows, {store}: CPU of all", found.cpu, SECONDS, " s", note=note),
        Bar(
            f"replay by the version that served, {store}: labels that differ, largest difference",
            f"0, ≤ {DIFFERENCE:g}",
            f"{differing}, {largest:.1e}",
            same["rows"] == rows and not differing and largest <= DIFFERENCE,
            f"of {same['rows']:,} rows",
        ),
    ]
