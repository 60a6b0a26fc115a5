"""A child of the retrainer: its outcome is what it wrote, and it ends with all it started."""

import sys
import threading

import pytest

from tests.support.servers import wait_until
from trainer.loop.child import Children


def child(text: str) -> list[str]:
    """Words that run a program in the place of the trainer; sys.argv[-1] is the outcome's file."""
    return [sys.executable, "-c", text]


def test_a_child_s_outcome_is_what_it_wrote() -> None:
    output = child("import sys; open(sys.argv[-1], 'w').write('{\"outcome\": \"canary\"}')")
    assert Children(output, print).run("retrain", seconds=20) == {"outcome": "canary"}


@pytest.mark.parametrize("text", ["raise SystemExit(1)", "import os; os.kill(os.getpid(), 9)", "pass"])
def test_a_child_that_fails_is_killed_or_prints_nothing_is_reported(text: str) -> None:
    messages: list[str] = []
    assert Children(child(text), messages.append).run("retrain", seconds=20) is None
    assert messages[0].startswith("retrain ended w")


def test_a_child_that_hangs_is_ended_with_all_it_started() -> None:
    messages: list[str] = []
    hanging = child("import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)'])")
    assert Children(hanging, messages.append).run("retrain", seconds=0.5) is None
    assert "took longer than 0.5 s" in messages[0]


def test_stopping_ends_the_child_that_runs_and_starts_none() -> None:
    children = Children(child("import time; time.sleep(60)"), print)
    done: list[object] = []
    thread = threading.Thread(target=lambda: done.append(children.run("retrain", seconds=60)))
    thread.start()
    wait_until(lambda: children._running is not None, "the child runs", seconds=10)
    children.stop()
    thread.join(10)
    assert done == [None]
    assert children.run("retrain", seconds=60) is None
