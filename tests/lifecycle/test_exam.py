"""A public table is served as it comes: the short exam, as `make exam QUICK=1` runs it."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.timeout(900)
def test_a_public_table_is_served_without_an_edit() -> None:
    command = [sys.executable, "-m", "scripts.exam", "--quick"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("served") == 1
