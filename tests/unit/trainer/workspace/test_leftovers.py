"""A note of a killed DVC is cleared; one of a living DVC is not."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.servers import wait_until
from trainer.workspace.leftovers import clear_leftovers


@pytest.fixture
def note(tmp_path: Path) -> Path:
    path = tmp_path / ".dvc" / "tmp" / "rwlock"
    path.parent.mkdir(parents=True)
    return path


def named(number: int) -> str:
    return json.dumps({"write": {"data": {"pid": number, "cmd": "dvc repro"}}, "read": {}})


def test_without_a_note_there_is_nothing_to_do(tmp_path: Path) -> None:
    clear_leftovers(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", ["", '{"write": {"da', "[]", '{"write": {}, "read": {}}', '{"write": {"a": 1}}'])
def test_a_note_that_names_nobody_is_cleared(content: str, note: Path, tmp_path: Path) -> None:
    note.write_text(content)
    clear_leftovers(tmp_path)
    assert not note.exists()


def test_a_note_of_a_process_that_is_something_else_by_now_is_cleared(note: Path, tmp_path: Path) -> None:
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    note.write_text(named(other.pid))
    clear_leftovers(tmp_path)
    other.communicate(b"\n")
    assert not note.exists()


def test_a_note_of_a_living_dvc_stays(note: Path, tmp_path: Path) -> None:
    living = subprocess.Popen([sys.executable, "-c", "input()", "dvc"], stdin=subprocess.PIPE)
    note.write_text(json.dumps({"write": {}, "read": {"data": [{"pid": living.pid, "cmd": "dvc repro"}]}}))
    clear_leftovers(tmp_path)
    living.communicate(b"\n")
    assert note.exists()


def test_a_note_of_a_killed_dvc_that_nobody_reaped_is_cleared(note: Path, tmp_path: Path) -> None:
    killed = subprocess.Popen([sys.executable, "-c", "input()", "dvc"], stdin=subprocess.PIPE)
    killed.kill()
    state = Path(f"/proc/{killed.pid}/stat")
    wait_until(lambda: state.read_text().split()[2] == "Z", "the process waits to be reaped", seconds=10)
    os.kill(killed.pid, 0)
    note.write_text(named(killed.pid))
    clear_leftovers(tmp_path)
    killed.communicate()
    assert not note.exists()
