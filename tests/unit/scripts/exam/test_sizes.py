"""Sizes: a step beyond its bar is a fault, and a real step of a small table is measured in a process of its own."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from scripts.exam.errors import ExamError
from scripts.exam.sizes import SIZES, Measured, NumbersTable, Size, measure, numbers

ROOT = Path(__file__).resolve().parents[4]
GOOD = Measured("rows", "prepare", cpu=20.0, seconds=30.0, peak_mb=400.0, code=0, bar=(20.0, 400.0))


@pytest.mark.parametrize(
    ("measured", "faults"),
    [
        (GOOD, []),
        (replace(GOOD, cpu=21.0), ["21 s of CPU > 20"]),
        (replace(GOOD, peak_mb=401.0), ["401 MB > 400"]),
        (replace(GOOD, code=2), ["exit code 2"]),
    ],
)
def test_a_step_beyond_its_bar_is_a_fault(measured: Measured, faults: list[str]) -> None:
    assert measured.faults == faults


def test_the_tables_have_the_size_of_their_name(tmp_path: Path) -> None:
    frame = numbers(1_000, 3, classes=50)
    assert (frame.shape, frame["kind"].nunique()) == ((1_000, 4), 50)
    assert len({size.name for size in SIZES}) == len(SIZES)
    path = tmp_path / "column.csv"
    next(size for size in SIZES if size.name == "one column").make(path)
    assert pd.read_csv(path).shape == (2_000, 2)


def test_a_small_table_is_drafted_and_prepared_in_processes_of_their_own(tmp_path: Path) -> None:
    size = Size("small", "small.csv", NumbersTable(200, 2), {"prepare": (600, 9e3)})
    (found,) = measure(size, ROOT, tmp_path / "copy")
    assert (found.step, found.faults) == ("prepare", [])
    assert found.cpu > 0.1
    assert found.peak_mb > 50


def test_a_step_before_the_measured_one_that_fails_ends_it(tmp_path: Path) -> None:
    size = Size("empty", "empty.csv", Path.touch, {"prepare": (1, 1)})
    with pytest.raises(ExamError, match="empty: contract ended with"):
        measure(size, ROOT, tmp_path / "copy")
