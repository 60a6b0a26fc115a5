"""`.ci/run`, CI on a clean clone: which tests each of its stages runs."""

import os
import shlex
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def _pytest_commands() -> list[list[str]]:
    """The pytest commands that the `make` lines of `.ci/run` would run, in order, as words."""
    environment = {
        name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}
    } | {"CI": "1"}
    printed = ""
    for line in (ROOT / ".ci" / "run").read_text("utf-8").splitlines():
        if line.startswith("make "):
            printed += subprocess.run(
                [*shlex.split(line), "--dry-run"], cwd=ROOT, env=environment, text=True, capture_output=True, check=True
            ).stdout
    return [shlex.split(line) for line in printed.splitlines() if " -m pytest " in line]


def test_only_make_test_reads_the_list_of_left_out_tests() -> None:
    # The list names unit and integration tests. `make torture` got it too once, through a variable of another stage.
    commands = _pytest_commands()
    for folder in ("tests/stack", "tests/lifecycle", "tests/torture"):
        assert sum(folder in command for command in commands) == 1, folder
    (left_out,) = [command for command in commands if "@var/left_out" in command]
    assert "not lifecycle and not stack and not swarm and not torture" in left_out
