"""How fast a backlog of one-row records lands, and what a row costs the courier and the api."""

import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg

from bench.bar import Bar, at_least, not_measured
from bench.bench import Bench
from bench.errors import BenchError
from bench.peers.ours.peer import Ours
from bench.postgres import postgres
from bench.server import serving
from scripts.lifecycle.errors import LifecycleError
from scripts.lifecycle.ports import free_port
from scripts.lifecycle.processes import wait_until

ROWS_PER_SECOND = 30_000
SHARE_OF_API = 25.0
DRAIN_SECONDS = 300
# The registry is no part of this: nobody answers there, and it is asked once.
ALONE = {"MLFLOW_TRACKING_URI": "http://127.0.0.1:9", "REGISTRY_POLL_SECONDS": "3600", "DRAIN_POLL_SECONDS": "0.05"}


@dataclass(frozen=True)
class Landing:
    rows_per_second: float
    cpu_us: float
    """Of the courier, per row."""


def courier(bench: Bench) -> list[Bar]:
    journal = bench.scratch("backlog") / "journal"
    api_us = backlog(bench, journal)
    bars = sqlite_bars(bench, journal, api_us)
    try:
        with postgres() as url:
            bars += landed(bench, journal, "PostgreSQL", {"DATABASE_URL": url}, lambda: count_postgres(url), api_us)
    except (BenchError, LifecycleError) as error:
        bars.append(not_measured("courier: rows landed per second, PostgreSQL", f"≥ {ROWS_PER_SECOND:,}", str(error)))
    return bars


def sqlite_bars(bench: Bench, journal: Path, api_us: float) -> list[Bar]:
    database = bench.scratch("sqlite") / "predictions.db"
    settings = {"SQLITE_PATH": str(database)}
    return landed(bench, journal, "SQLite", settings, lambda: count_sqlite(database), api_us)


def backlog(bench: Bench, journal: Path) -> float:
    """Fill `journal` with one-row records; microseconds of the api's CPU for each."""
    used, requests = 0.0, 0
    with bench.ours("random_forest", {"JOURNAL_DIR": str(journal)}) as server:
        while requests < bench.plan.frames:
            sample = server.load(Ours().asks()["one"], bench.plan.seconds)
            used, requests = used + sample.cpu_seconds, requests + sample.requests
    return used / requests * 1e6


def landed(
    bench: Bench, journal: Path, store: str, settings: Mapping[str, str], count: Callable[[], int], api_us: float
) -> list[Bar]:
    landing = land(bench, journal, store, settings, count)
    share = landing.cpu_us / api_us * 100
    what = f"courier: rows landed per second, {store}"
    return [
        at_least(what, landing.rows_per_second, ROWS_PER_SECOND, digits=0, note="one-row records, the costliest kind"),
        Bar(
            f"courier: CPU per row against the api's, {store}",
            f"≤ {SHARE_OF_API:g} %",
            f"{share:.0f} %",
            share <= SHARE_OF_API,
            f"{landing.cpu_us:.1f} µs against {api_us:.0f} µs, one row per request",
        ),
    ]


def land(bench: Bench, journal: Path, store: str, settings: Mapping[str, str], count: Callable[[], int]) -> Landing:
    """Let a courier land a copy of `journal`; from the first rows in the store to the last segment gone."""
    scratch = bench.scratch(f"courier-{store.lower()}")
    shutil.copytree(journal, scratch / "journal")
    port = free_port()
    environment = ALONE | dict(settings)
    environment |= {"SERVING_DIR": str(scratch / "serving"), "JOURNAL_DIR": str(scratch / "journal")}
    environment |= {"COURIER_PORT": str(port)}
    command = [sys.executable, "-m", "courier"]
    with serving(command, environment, port=port, ready="/metrics", scratch=scratch) as server:
        wait_until(lambda: count() > 0, f"the first rows are in {store}", 60)
        first, began, used = count(), time.monotonic(), server.cpu_seconds()
        wait_until(lambda: not any((scratch / "journal").glob("*.journal")), "the journal is drained", DRAIN_SECONDS)
        seconds, used = time.monotonic() - began, server.cpu_seconds() - used
    rows = count() - first
    if not rows:
        raise BenchError(f"the backlog was landed in {store} before it could be timed; ask for more frames")
    return Landing(rows / seconds, used / rows * 1e6)


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
