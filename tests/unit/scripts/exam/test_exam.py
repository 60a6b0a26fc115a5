"""The exam fails a table for each bar it misses, and walks a copy of the checkout, never the checkout itself."""

import json
import resource
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.exam.__main__ import chosen, main
from scripts.exam.errors import ExamError
from scripts.exam.grade import Grade, figure_in_a_process, read_grade
from scripts.exam.tables import TABLES, Table
from scripts.exam.walk import walk
from trainer.errors import ContractError

TABLE = Table("ships", "a", "sunk", metric="accuracy", baseline=0.8, left_out=("row",))
GOOD = Grade("forest", 0.8, ("age",), bundle_bytes=1000, predictions=10, audited=10)


def test_a_table_that_reaches_every_bar_has_no_fault() -> None:
    assert GOOD.faults(TABLE, seconds=10, peak_mb=500) == []
    assert replace(GOOD, figure=0.793).faults(TABLE, seconds=10, peak_mb=500) == []


@pytest.mark.parametrize(
    ("grade", "seconds", "peak_mb", "fault"),
    [
        (replace(GOOD, figure=0.79), 10, 500, "accuracy 0.790 < 0.792"),
        (replace(GOOD, features=("age", "row")), 10, 500, "features that must be left out: row"),
        (replace(GOOD, bundle_bytes=60 * 2**20), 10, 500, "bundle of 60 MB"),
        (replace(GOOD, audited=9), 10, 500, "9 of 10 answers audited"),
        (replace(GOOD, predictions=0, audited=0), 10, 500, "no prediction was asked for"),
        (GOOD, 601, 500, "601 s"),
        (GOOD, 10, 4000, "4000 MB of memory"),
    ],
)
def test_each_missed_bar_is_one_fault(grade: Grade, seconds: float, peak_mb: float, fault: str) -> None:
    assert grade.faults(TABLE, seconds, peak_mb) == [fault]


def test_a_table_without_a_metric_has_no_figure_to_reach() -> None:
    assert replace(GOOD, figure=None).faults(replace(TABLE, metric="", baseline=0.0), 10, 500) == []


def test_the_grade_is_read_from_the_reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Any, ...]] = []

    def figure(*words: Any) -> float:
        asked.append(words)
        return 0.9

    monkeypatch.setattr("scripts.exam.grade.figure_in_a_process", figure)
    bundle = tmp_path / "artifacts/bundles/abc"
    bundle.mkdir(parents=True)
    (bundle / "model.onnx").write_bytes(b"x" * 70)
    (bundle / "manifest.json").write_bytes(b"x" * 30)
    for name, page in {
        "artifacts/train/report.json": {"winner": "forest"},
        "var/demo/report.json": {"bundle": "abc", "predictions": 5, "audit_rows": 4},
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(json.dumps(page))
    (tmp_path / "data").mkdir()
    (tmp_path / "data/contract.yaml").write_text(yaml.safe_dump({"columns": [{"name": "age"}, {"name": "sex"}]}))
    assert read_grade(TABLE, tmp_path) == Grade("forest", 0.9, ("age", "sex"), 100, 5, 4)
    assert asked == [("accuracy", tmp_path)]


def test_the_figure_is_made_in_another_process_and_its_error_arrives(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    with pytest.raises(ContractError, match=r"contract\.yaml"):
        figure_in_a_process("accuracy", tmp_path)
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime > before


def test_tables_are_chosen_by_name_or_by_length() -> None:
    assert chosen([], quick=False) == list(TABLES)
    assert 0 < len(chosen([], quick=True)) < len(TABLES)
    assert [table.name for table in chosen(["hitters"], quick=True)] == ["hitters"]
    with pytest.raises(ExamError, match="no table of the exam is called iris; there are titanic, "):
        chosen(["iris"], quick=False)


def test_an_unknown_table_ends_with_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nothing"]) == 1
    assert "no table of the exam is called nothing" in capsys.readouterr().err


def test_a_step_that_fails_ends_the_walk_and_its_words_are_kept(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=checkout, check=True)
    # The copy brings its own trainer, which fails: this is what the walk starts, not the installed one.
    (checkout / "trainer.py").write_text("import sys; sys.exit('no such column')")
    csv = tmp_path / "ships.csv"
    csv.write_text("age,sunk\n1,0\n")
    done = walk(TABLE, csv, checkout, tmp_path / "home")
    assert (done.steps, done.failure) == ([], "no such column")
    assert done.faults == ["ended after nothing"]
    assert sorted(file.name for file in checkout.iterdir() if file.name != ".git") == ["trainer.py"]
    assert f"$ {sys.executable} -m trainer contract ships.csv sunk" in (tmp_path / "home/exam.log").read_text()
