"""scripts/run_mlflow.sh: its options, and that an empty registry deletes nothing."""

import os
import subprocess
from pathlib import Path

import pytest

from scripts.run.empty_registry import set_aside
from scripts.run.errors import AlreadyRunningError
from scripts.run.home import Home
from scripts.run.processes import hold

SCRIPT = Path(__file__).resolve().parents[3] / "scripts/run_mlflow.sh"


def call(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([SCRIPT, *arguments], capture_output=True, text=True, timeout=60, check=False)


def test_help_says_every_option_and_starts_nothing() -> None:
    done = call("--help")
    assert done.returncode == 0
    assert all(option in done.stdout for option in ("--port N", "--fresh", "--help"))


@pytest.mark.parametrize(
    "arguments",
    [["--port"], ["--port", "0"], ["--port", "65536"], ["--port", "x"], ["--port="], ["--port", "-1"], ["up"]],
)
def test_a_wrong_option_is_reported_with_the_right_ones(arguments: list[str]) -> None:
    done = call(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("run_mlflow: ")
    assert "--fresh" in done.stderr


def test_a_registry_is_moved_aside_whole_each_time(tmp_path: Path) -> None:
    home, kept = Home(tmp_path, 1, 2, 3), []
    for content in ("first", "second"):
        (tmp_path / "var/mlflow").mkdir(parents=True)
        (tmp_path / "var/mlflow/mlflow.db").write_text(content)
        aside = set_aside(home)
        assert aside is not None
        kept.append(aside)
        assert not (tmp_path / "var/mlflow").exists()
    assert [(one / "mlflow.db").read_text() for one in kept] == ["first", "second"]


def test_where_there_is_no_registry_nothing_is_moved(tmp_path: Path) -> None:
    assert set_aside(Home(tmp_path, 1, 2, 3)) is None


def test_a_registry_that_a_server_uses_stays_where_it_is(tmp_path: Path) -> None:
    home = Home(tmp_path, 1, 2, 3)
    (tmp_path / "var/mlflow").mkdir(parents=True)
    (tmp_path / "var/mlflow/mlflow.db").write_text("used")
    held = hold(home.lock("mlflow"))
    try:
        with pytest.raises(AlreadyRunningError):
            set_aside(home)
    finally:
        os.close(held)
    assert (tmp_path / "var/mlflow/mlflow.db").read_text() == "used"
