"""The CPU that a prediction's estimate, segment, set and interval take, each beside its bar."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
from prometheus_client import CollectorRegistry, values

from api.bundle.certainty import Calibration, Conformal, Expectation
from api.bundle.features import Category
from api.telemetry.counting import adder, count_in_slot
from api.telemetry.metrics import Metrics
from api.telemetry.segment_metrics import SegmentMetrics
from bench.bar import Bar, at_most
from bench.bench import Bench

COUNTED, ANSWERED = 1.0, 2.0
"""Microseconds of CPU, of a row: the bars."""
TURNS, ROUNDS, BATCH = 5000, 7, 1000
SHOPS = ("north", "south", "east", "west")
SHARES = [0.05, 0.15, 0.8]
Work = Callable[[], object]


def certainty(bench: Bench) -> list[Bar]:
    """One row at a time, and in a batch of a thousand; medians over the rounds, in which all have their turn."""
    with _in_shared_files(bench.scratch("certainty")):
        works = dict(_works())
    found: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, (work, rows, _) in works.items():
            found[name].append(_microseconds(work, max(50, TURNS // rows)) / rows)
    return [at_most(name, median(found[name]), limit, " µs") for name, (_, _, limit) in works.items()]


def _works() -> Iterator[tuple[str, tuple[Work, int, float]]]:
    """Name; the work, the rows of it, and its bar."""
    metrics = Metrics(CollectorRegistry())
    estimate = Expectation(Calibration(rows=100, confidence=[0.0, 0.5, 1.0], correct=[0.0, 0.5, 1.0]))
    add = adder(metrics.answers.expected_correct.labels("1", "production"))
    top = np.full(BATCH, 0.8, dtype=np.float32)
    yield "estimate of a row", (lambda: add(estimate.of(0.8, 0.8)), 1, COUNTED)
    yield "estimate of a row of 1,000", (lambda: add(float(estimate.each(top, top).sum())), BATCH, COUNTED)
    shop = Category(kind="category", name="shop", description="", categories=list(SHOPS), unknown="other")
    names = [*SHOPS, "other"]
    segment = SegmentMetrics(metrics.answers, "1", "production", shop, names, ["a", "b", "c"], {}, expects=True)
    for rows, name in ((1, "segment of a row"), (BATCH, "segment of a row of 1,000")):
        column = np.arange(rows) % len(SHOPS) + 0.0
        work = partial(segment.count, column, np.arange(rows) % 3, np.full(rows, 0.8))
        yield f"{name}, with its estimate", (work, rows, COUNTED)
    sets = Conformal(coverage=0.9, rows=500, by="class", least_probability=[0.1, 0.2, 0.3])
    yield "set of a row of three classes", (lambda: sets.members(SHARES), 1, ANSWERED)
    intervals = Conformal(coverage=0.9, rows=500, by="bin", edges=[1.0, 2.0, 3.0, 4.0], half_width=[1, 2, 3, 4, 5])
    yield "interval of a row", (lambda: intervals.interval(2.5), 1, ANSWERED)


def _microseconds(work: Work, turns: int) -> float:
    began = time.thread_time()
    for _ in range(turns):
        work()
    return (time.thread_time() - began) / turns * 1e6


@contextmanager
def _in_shared_files(folder: Path) -> Iterator[None]:
    """Metrics made here count as those of an api's worker do."""
    before, os.environ["PROMETHEUS_MULTIPROC_DIR"] = values.ValueClass, str(folder)
    count_in_slot(0)
    try:
        yield
    finally:
        values.ValueClass = before
        del os.environ["PROMETHEUS_MULTIPROC_DIR"]
