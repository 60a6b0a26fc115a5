"""The table of `make models` in a terminal of 80 columns and in a pipe."""

import io
from argparse import Namespace
from pathlib import Path

import pytest
from rich.console import Console

from trainer.commands.job import Job
from trainer.commands.versions_table import show_versions
from trainer.workspace.layout import Layout

BETTER = ("9", "production", "90 %", "81920", "0.9681", "accuracy 0.8944", "2026-11-28 09:12", "fa2ef348", "passed")
WORSE = (
    "12",
    "canary",
    "10 %",
    "4096",
    "0.9531",
    "accuracy 0.9706",
    "2026-11-29 16:50",
    "0af2ef34",
    "failed: log-loss",
)
ROWS = [([*WORSE], False), ([*BETTER], True)]


def shown(width: int, tmp_path: Path) -> list[str]:
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=True, color_system=None)
    show_versions(Job(Layout(tmp_path), Namespace(), console), ROWS, "orders_model at http://127.0.0.1:5000")
    return out.getvalue().splitlines()


@pytest.mark.parametrize("width", [80, 100, 130, 160])
def test_every_figure_of_every_version_is_whole(width: int, tmp_path: Path) -> None:
    lines = shown(width, tmp_path)
    assert max(map(len, lines)) <= width
    text = "\n".join(lines)
    for texts, _ in ROWS:
        for cell in (*texts[:-1], *texts[-1].split()):
            assert cell in text, cell
    assert "…" not in text


def test_a_wide_window_has_one_line_for_a_version_and_a_narrow_one_two(tmp_path: Path) -> None:
    assert sum("fa2ef348" in line and "passed" in line for line in shown(130, tmp_path)) == 1
    narrow = shown(80, tmp_path)
    place = next(index for index, line in enumerate(narrow) if "81920" in line)
    assert narrow[place + 1].split() == ["fa2ef348", "2026-11-28", "09:12"]
    assert narrow[-1] == "version 12 failed: log-loss"
