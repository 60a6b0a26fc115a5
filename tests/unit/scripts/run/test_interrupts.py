"""The first signal ends the run; later ones can't break the clean-up, and none loses a process just started."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.run.interrupts import Interrupts

ROOT = Path(__file__).resolve().parents[4]
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture
def interrupts() -> Iterator[Interrupts]:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    installed = Interrupts()
    installed.install()
    yield installed
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_becomes_one_interrupt(interrupts: Interrupts, number: signal.Signals) -> None:
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), number)
    os.kill(os.getpid(), number)  # the clean-up that follows is not torn


def test_a_shielded_body_runs_to_its_end_before_the_interrupt(interrupts: Interrupts) -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), interrupts.shield():
        os.kill(os.getpid(), signal.SIGINT)
        done.append("written down")
    assert done == ["written down"]


def test_an_interrupt_inside_an_exec_leaves_the_exit_code_to_the_program(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(
        "import os, signal\n"
        "from scripts.run.interrupts import Interrupts\n"
        "Interrupts().install()\n"
        "try:\n    exec('os.kill(os.getpid(), signal.SIGINT)')\nexcept KeyboardInterrupt:\n    pass\n"
    )
    path = {"PYTHONPATH": f"{tmp_path}:{ROOT}"}
    assert subprocess.run([sys.executable, "-m", "program"], env=path, check=False).returncode == 0
