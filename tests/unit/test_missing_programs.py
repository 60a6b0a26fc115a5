"""A run's end says in one line for each missing program how many tests it left out; other skips are listed as ever."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = Path("var", "left_out")  # where nothing is yet
TESTS = """
import pytest
from tests.support.missing import skip_without

@pytest.fixture(params=range(30))
def engine():
    skip_without("initdb", "apt-get install postgresql")

@pytest.fixture
def other():
    skip_without("initdb", "apt-get install postgresql")

def test_one(engine): ...
def test_two(other): ...
def test_three(): skip_without("wrk")
def test_four(): pytest.skip("only on a Sunday")
def test_five(): ...
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run")


@pytest.fixture(scope="module")
def lines(folder: Path) -> list[str]:
    """What a run of TESTS in two processes prints under this project's own conftest."""
    (folder / "conftest.py").write_text((ROOT / "tests/conftest.py").read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "test_some.py").write_text(TESTS, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-ra", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder)]
    command += ["--numprocesses", "2", "--left-out", str(LEFT_OUT), str(folder)]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    return done.stdout.splitlines()


def test_a_missing_program_takes_one_line_and_no_test_is_left_out_of_the_count(lines: list[str]) -> None:
    assert "left out, because initdb is missing (apt-get install postgresql): 31 tests" in lines
    assert "left out, because wrk is missing: 1 test" in lines
    assert sum("initdb" in line for line in lines) == 1
    assert "1 passed, 33 skipped" in lines[-1]


def test_a_skip_for_any_other_reason_stays_in_the_list(lines: list[str]) -> None:
    assert [line for line in lines if line.startswith("SKIPPED")] == ["SKIPPED [1] test_some.py:16: only on a Sunday"]


@pytest.mark.usefixtures("lines")
def test_the_tests_without_their_program_are_named_in_a_file_that_pytest_takes(folder: Path) -> None:
    names = sorted((folder / LEFT_OUT).read_text(encoding="utf-8").splitlines())
    assert names == sorted(
        [
            *(f"test_some.py::test_one[{number}]" for number in range(30)),
            "test_some.py::test_two",
            "test_some.py::test_three",
        ]
    )
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", f"@{LEFT_OUT}"]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert "32 tests collected" in done.stdout
