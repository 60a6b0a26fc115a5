"""What the trainer prints reaches a stdout of any encoding."""

import io
import os
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import pytest
from rich.console import Console

from trainer.commands.job import Job
from trainer.terminal import folded
from trainer.workspace.layout import Layout

ROOT = Path(__file__).resolve().parents[3]
REPORT = """
import sys
from rich.console import Console
from trainer.commands.report import trained
from trainer.terminal import accept_any_text
accept_any_text()
names = ("score", "accuracy", "balanced_accuracy", "f1_macro", "roc_auc", "average_precision", "log_loss")
figures = dict.fromkeys(names, 0.98)
cost = {"words": "a line", "size": 12_345}
score = {**cost, "cross_validation": figures, "holdout": {"accuracy": 0.97}, "chosen": {"C": "żółć"}}
trained(Console(width=110), {
    "scoring": "accuracy", "rows": {"training": 116, "holdout": 34}, "winner": "linear",
    "candidates": {"linear": score, "forest": score}, "guess": figures, "left_out": {"boosted": "50 MB ← too large"},
}, {"linear": {"fit_seconds": 0.123, "p99_ms": 0.0456}})
print("0.5 → 0.7 … ✓ 模型 \\udcff")
sys.stderr.write("trainer: … ✗\\n")
"""


def run(*command: str, encoding: str) -> subprocess.CompletedProcess[bytes]:
    environment = {"PATH": os.environ["PATH"], "PYTHONIOENCODING": encoding}
    return subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, check=False)


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "cp1252:strict", "utf-8:strict"])
def test_the_report_is_printed_whatever_the_encoding_of_stdout(encoding: str) -> None:
    done = run("-c", REPORT, encoding=encoding)
    assert done.returncode == 0, done.stderr
    assert b"  linear: a line, 0.12 s to fit, 12 kB, p99 of one row 0.046 ms" in done.stdout


def test_marks_and_arrows_degrade_to_ascii() -> None:
    done = run("-c", REPORT, encoding="ascii")
    assert b"boosted: 50 MB < too large" in done.stdout
    assert b"0.5 -> 0.7 ... ok ?? ?" in done.stdout
    assert done.stderr == b"trainer: ... x\n"


@pytest.mark.parametrize("program", ["trainer", "scripts.run", "scripts.traffic", "scripts.images", "scripts.backup"])
def test_every_program_explains_itself_on_a_latin_1_stdout(program: str) -> None:
    done = run("-m", program, "--help", encoding="latin-1")
    assert done.returncode == 0, done.stderr
    assert b"usage: " in done.stdout


def test_a_line_is_parted_between_words_by_cells_and_a_path_stays_whole() -> None:
    path = "artifacts/" + "f" * 90
    lines = folded(f"  評価 の 結果: 東京 大阪 が {path} に あります", 24).splitlines()
    assert lines == ["  評価 の 結果: 東京", "    大阪 が", f"    {path}", "    に あります"]
    assert folded("short", 24) == "short"


def test_a_line_is_whole_in_a_pipe_and_folded_on_a_terminal(tmp_path: Path) -> None:
    text = "one line of words " * 9
    for terminal, widest in ((True, 40), (False, len(text))):
        out = io.StringIO()
        console = Console(file=out, width=40, force_terminal=terminal, color_system=None)
        Job(Layout(tmp_path), Namespace(), console).say(text)
        assert max(map(len, out.getvalue().splitlines())) == pytest.approx(widest, abs=4), terminal
