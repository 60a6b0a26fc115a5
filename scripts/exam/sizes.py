"""Large, wide and narrow tables, each step of them in a process of its own: CPU, time and memory beside the bar."""

import multiprocessing
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from scripts.exam.errors import ExamError
from scripts.exam.walk import environment
from scripts.run.copies import copy_checkout

SEED = 7
Maker = Callable[[Path], None]
NEVER = float("inf")


@dataclass(frozen=True)
class Size:
    """`make` writes the table to a path; `bars` are the most CPU seconds and the most MB of a step of the trainer."""

    name: str
    file: str
    make: Maker
    bars: dict[str, tuple[float, float]]
    """By step, in order."""


@dataclass(frozen=True)
class Measured:
    size: str
    step: str
    cpu: float
    seconds: float
    peak_mb: float
    """Resident memory of the largest process."""
    code: int
    bar: tuple[float, float]
    """The most seconds of CPU, and the most MB."""

    @property
    def faults(self) -> list[str]:
        return [
            *([f"exit code {self.code}"] if self.code else []),
            *([f"{self.cpu:.0f} s of CPU > {self.bar[0]:.0f}"] if self.cpu > self.bar[0] else []),
            *([f"{self.peak_mb:.0f} MB > {self.bar[1]:.0f}"] if self.peak_mb > self.bar[1] else []),
        ]


def numbers(rows: int, columns: int, classes: int = 2) -> pd.DataFrame:
    """Normal numbers with four digits behind the point; the class follows from the first column, with noise."""
    draw = np.random.default_rng(SEED)
    frame = pd.DataFrame({f"x{place:03d}": draw.normal(size=rows).round(4) for place in range(columns)})
    noisy = frame["x000"] + draw.normal(scale=0.3 if classes == 2 else 0.001, size=rows)
    frame["kind"] = [f"k{label:03d}" for label in pd.qcut(noisy, classes, labels=False)]
    return frame


@dataclass(frozen=True)
class NumbersTable:
    """Writes a table of `numbers`, as CSV or as Parquet by the name of the file."""

    rows: int
    columns: int
    classes: int = 2

    def __call__(self, path: Path) -> None:
        frame = numbers(self.rows, self.columns, self.classes)
        if path.suffix == ".parquet":
            frame.to_parquet(path, index=False)
        else:
            frame.to_csv(path, index=False)


LIFECYCLE = {"prepare": (NEVER, 3072.0), "train": (600.0, 3072.0), "bundle": (NEVER, 3072.0)}
"""Bars of a table that a laptop trains: two cores for five minutes."""
SIZES = (
    Size("100 MB of CSV", "wide.csv", NumbersTable(700_000, 20), {"contract": (20.0, 400.0)}),
    Size("2 million rows of Parquet", "long.parquet", NumbersTable(2_000_000, 20), {"prepare": (90.0, 1536.0)}),
    Size("500,000 rows", "half.parquet", NumbersTable(500_000, 20), LIFECYCLE),
    Size("500 classes", "classes.csv", NumbersTable(10_000, 4, classes=500), LIFECYCLE),
    Size("300 columns", "columns300.csv", NumbersTable(2_000, 300), LIFECYCLE),
    Size("1,000 columns", "columns1000.csv", NumbersTable(2_000, 1_000), LIFECYCLE),
    Size("one column", "column.csv", NumbersTable(2_000, 1), LIFECYCLE),
)


def measure(size: Size, checkout: Path, home: Path) -> list[Measured]:
    """Each step of the table in a copy of the checkout in `home`; a step that fails is the last one.

    A step without a bar that comes before one with a bar is done and not measured. Raises ExamError for such a step
    that fails.
    """
    copy_checkout(checkout, home)
    # In a process of its own: the peak that Linux reports for a step is at least its parent's.
    maker = multiprocessing.get_context("spawn").Process(target=size.make, args=(home / size.file,))
    maker.start()
    maker.join()
    if maker.exitcode:
        raise ExamError(f"{size.name}: the table could not be made in {home}")
    found: list[Measured] = []
    for step in dict.fromkeys(("contract", *size.bars)):
        more = (size.file, "kind") if step == "contract" else ()
        one = _measured(size, step, home, *more)
        if step == "contract" and one.code == 0:
            draft = next((home / "data").glob("*.contract.yaml"))
            shutil.move(draft, home / "data" / "contract.yaml")
        if step in size.bars:
            found.append(one)
        elif one.code:
            raise ExamError(f"{size.name}: {step} ended with {one.code}; see {home / 'exam.log'}")
        if one.code:
            break
    return found


def _measured(size: Size, step: str, home: Path, *more: str) -> Measured:
    started = time.monotonic()
    with (home / "exam.log").open("ab") as log:
        command = [sys.executable, "-m", "trainer", step, *more]
        process = subprocess.Popen(
            command, cwd=home, env=environment(os.environ), stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Measured(
        size=size.name,
        step=step,
        cpu=usage.ru_utime + usage.ru_stime,
        seconds=time.monotonic() - started,
        peak_mb=usage.ru_maxrss / 1024,
        code=process.returncode,
        bar=size.bars.get(step, (NEVER, NEVER)),
    )
