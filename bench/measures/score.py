"""The scoring of a large file by a linear model: CPU of all its processes, and their memory."""

import multiprocessing
import resource
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from bench.ask import FEATURES
from bench.bar import Bar, at_most
from bench.bench import Bench
from trainer.bundle.bundle import read_bundle
from trainer.gate.contender import Split, of_bundle
from trainer.scoring.model import Model
from trainer.scoring.request import ScoringRequest
from trainer.scoring.scoring import score
from trainer.workspace.layout import Layout

ROWS, SECONDS, MIB = 10_000_000, 120.0, 2048.0
TOGETHER = 500_000
LOW, HIGH = (4.3, 2.0, 1.0, 0.1), (7.9, 4.4, 6.9, 2.5)


def scored(bench: Bench) -> list[Bar]:
    """Score in a process of its own, whose memory is not the benchmark's."""
    home, rows = bench.bundle("logistic_regression").parents[2], bench.plan.scored
    scratch = bench.scratch("score")
    table = large(scratch / "large.parquet", rows)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        seconds, mib = pool.submit(work, home, table, scratch / "scored.parquet").result()
    note = f"{rows:,} rows of {len(FEATURES)} numbers, {seconds:.1f} s"
    return [
        at_most(f"scoring of {ROWS:,} rows, linear model: CPU of all", seconds * ROWS / rows, SECONDS, " s", note=note),
        at_most("scoring: largest memory, the model's process included", mib, MIB, " MiB", digits=0, note=note),
    ]


def large(path: Path, rows: int) -> Path:
    """A Parquet file of numbers all over the ranges of iris, written piece by piece."""
    generator = np.random.default_rng(21)
    with parquet.ParquetWriter(path, pa.schema([(name, pa.float64()) for name in FEATURES])) as writer:
        for at in range(0, rows, TOGETHER):
            piece = generator.uniform(LOW, HIGH, size=(min(TOGETHER, rows - at), len(FEATURES)))
            writer.write_table(pa.table(dict(zip(FEATURES, piece.T.copy(), strict=True))))
    return path


def work(home: Path, table: Path, output: Path) -> tuple[float, float]:
    """Seconds of CPU; and MiB, the largest of this process and the largest of its child together."""
    score(ScoringRequest(table, output), Model(of_bundle(read_bundle(Layout(home)), Split(0, 0.2))))
    own, child = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    seconds = own.ru_utime + own.ru_stime + child.ru_utime + child.ru_stime
    return seconds, (own.ru_maxrss + child.ru_maxrss) / 1024
