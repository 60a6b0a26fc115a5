"""Measures how fast a backlog of records lands, and the CPU time of a row in the courier and in the api."""

import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg

from bench.ask import BenchRequest, Workload
from bench.bar import Bar, not_measured
from bench.bench import Bench
from bench.errors import BenchError
from bench.measures.metrics_text import total
from bench.peers.ours.peer import Ours
from bench.postgres import postgres
from bench.server import Server, serving
from scripts.run.errors import LifecycleError
from scripts.run.ports import free_port
from scripts.run.processes import wait_until

ROWS_PER_SECOND = 30_000
SHARE_OF_API = 25.0
DRAIN_SECONDS = 300
# The registry does not take part: nobody answers there, and it is asked once.
ALONE = {"MLFLOW_TRACKING_URI": "http://127.0.0.1:9", "REGISTRY_POLL_SECONDS": "3600", "DRAIN_POLL_SECONDS": "0.05"}


@dataclass(frozen=True)
class Landing:
    rows_per_second: float
    cpu_us: float
    """The courier's CPU time of one row."""


@dataclass(frozen=True)
class Backlog:
    """A journal to land, and what it had cost the api."""

    journal: Path
    workload: Workload
    api_us: float
    """CPU per row."""

    @property
    def title(self) -> str:
        return "one-row records" if self.workload == "one" else "records of 1,000 rows"


def courier(bench: Bench) -> list[Bar]:
    """One-row records are the costliest, so the bars are about them; batches are listed beside them."""
    backlogs = [fill(bench, "one"), fill(bench, "objects")]
    bars = []
    for backlog in backlogs:
        database = bench.scratch("sqlite") / "predictions.db"
        settings = {"SQLITE_PATH": str(database)}
        bars += landed(bench, backlog, "SQLite", settings, partial(count_sqlite, database))
    for backlog in backlogs:
        try:
            with postgres(bench.interrupts) as url:
                bars += landed(bench, backlog, "PostgreSQL", {"DATABASE_URL": url}, partial(count_postgres, url))
        except (BenchError, LifecycleError) as error:
            what = f"courier: rows landed per second, PostgreSQL, {backlog.title}"
            bars.append(not_measured(what, f"≥ {ROWS_PER_SECOND:,}", str(error)))
    return bars


def fill(bench: Bench, workload: Workload) -> Backlog:
    """A journal of at least `frames` rows."""
    return filled(bench, workload, Ours().asks()[workload], bench.plan.frames)


def filled(bench: Bench, workload: Workload, ask: BenchRequest, least: int) -> Backlog:
    """A journal of at least `least` rows, which the forest answered."""
    journal = bench.scratch(f"backlog-{workload}") / "journal"
    used, rows = 0.0, 0
    with bench.ours("random_forest", {"JOURNAL_DIR": str(journal)}) as server:
        while rows < least:
            sample = server.load(ask, bench.plan.seconds)
            # A refusal of a busy api is an answer for wrk, and no record.
            answered = sample.requests - sample.failed
            if answered <= 0:
                raise BenchError(f"none of {sample.requests} requests for the backlog was taken")
            used, rows = used + sample.cpu_seconds, rows + answered * sample.rows
    return Backlog(journal, workload, used / rows * 1e6)


def landed(
    bench: Bench, backlog: Backlog, store: str, settings: Mapping[str, str], count: Callable[[], int]
) -> list[Bar]:
    landing = land(bench, backlog.journal, store, settings, count)
    share = landing.cpu_us / backlog.api_us * 100
    judged = backlog.workload == "one"
    return [
        Bar(
            f"courier: rows landed per second, {store}, {backlog.title}",
            f"≥ {ROWS_PER_SECOND:,}",
            f"{landing.rows_per_second:,.0f}",
            landing.rows_per_second >= ROWS_PER_SECOND,
            f"{1e6 / landing.cpu_us:,.0f} per second of CPU",
        ),
        Bar(
            f"courier: CPU per row against the api's, {store}, {backlog.title}",
            f"≤ {SHARE_OF_API:g} %" if judged else "",
            f"{share:.0f} %",
            share <= SHARE_OF_API if judged else None,
            f"{landing.cpu_us:.1f} µs against {backlog.api_us:.1f} µs",
        ),
    ]


def land(bench: Bench, journal: Path, store: str, settings: Mapping[str, str], count: Callable[[], int]) -> Landing:
    """Let a courier that is up land a copy of `journal`."""
    scratch = bench.scratch(f"courier-{store.lower()}")
    shutil.copytree(journal, scratch / "backlog")
    with running(bench, scratch, settings) as server:
        seconds, used = drained(server, scratch / "backlog")
    rows = count()
    if not rows:
        raise BenchError(f"nothing of the backlog is in {store}")
    return Landing(rows / seconds, used / rows * 1e6)


@contextmanager
def running(bench: Bench, scratch: Path, settings: Mapping[str, str]) -> Iterator[Server]:
    """A courier with an empty journal in `scratch`, ready to land."""
    (scratch / "journal").mkdir()
    port = free_port()
    environment = ALONE | dict(settings)
    environment |= {"SERVING_DIR": str(scratch / "serving"), "JOURNAL_DIR": str(scratch / "journal")}
    environment |= {"COURIER_PORT": str(port)}
    command = [sys.executable, "-m", "courier"]
    with serving(
        command, environment, port=port, ready="/metrics", scratch=scratch, interrupts=bench.interrupts
    ) as server:
        # Its first look at the registry imports MLflow's client: seconds of CPU that no row costs.
        wait_until(lambda: total(server, "registry_polls_total{") >= 1, "the courier has looked at the registry", 60)
        yield server


def drained(server: Server, backlog: Path) -> tuple[float, float]:
    """Seconds, and seconds of CPU, from the arrival of the segments of `backlog` to the deletion of the last one."""
    journal = server.scratch / "journal"
    began, used = time.monotonic(), server.cpu_seconds()
    for segment in backlog.glob("*.journal"):
        segment.rename(journal / segment.name)
    wait_until(lambda: not any(journal.glob("*.journal")), "the journal is drained", DRAIN_SECONDS)
    return time.monotonic() - began, server.cpu_seconds() - used


def count_sqlite(database: Path) -> int:
    try:
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
            found: int = connection.execute("SELECT count(*) FROM predictions").fetchone()[0]
    except sqlite3.OperationalError:
        return 0
    return found


def count_postgres(url: str) -> int:
    try:
        with psycopg.connect(url) as connection:
            row = connection.execute("SELECT count(*) FROM predictions").fetchone()
    except psycopg.errors.UndefinedTable:
        return 0
    return int(row[0]) if row else 0
