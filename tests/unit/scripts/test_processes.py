"""Processes are started once, waited for by asking, and ended with everything they started."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from scripts.lifecycle.errors import AlreadyRunningError, NotInTimeError, ProcessEndedError
from scripts.lifecycle.processes import Process, wait_until

SLEEPER = "import time; print('up', flush=True); time.sleep(600)"
PARENT = (
    "import subprocess, sys, time\n"
    f"child = subprocess.Popen([sys.executable, '-c', {SLEEPER!r}])\n"
    "print(child.pid, flush=True); time.sleep(600)"
)


def start(code: str, folder: Path, lock: Path | None = None) -> Process:
    return Process([sys.executable, "-c", code], os.environ, log=folder / "log", lock=lock)


def has_ended(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def has_printed(process: Process) -> Callable[[], bool]:
    return lambda: len(process.tail().splitlines()) > 1


def test_leaving_the_context_ends_the_children_too(tmp_path: Path) -> None:
    with start(PARENT, tmp_path) as process:
        process.wait_until(has_printed(process), "it names its child")
        child = int(process.tail().splitlines()[1])
        assert psutil.pid_exists(child)
    # A killed child whose parent is gone may stay a zombie until the machine's first process has looked.
    wait_until(
        lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE,
        "the child is gone",
    )


def test_a_process_deaf_to_sigterm_is_killed(tmp_path: Path) -> None:
    deaf = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPER}"
    process = start(deaf, tmp_path)
    process.wait_until(has_printed(process), "it is up")
    assert process.stop(seconds=0.2) == -signal.SIGKILL


def test_a_second_start_on_the_same_lock_names_the_first(tmp_path: Path) -> None:
    lock = tmp_path / "thing.lock"
    with (
        start(SLEEPER, tmp_path, lock) as first,
        pytest.raises(AlreadyRunningError, match=f"thing.*{first.process.pid}"),
    ):
        start(SLEEPER, tmp_path, lock)


def test_the_lock_is_free_once_the_whole_group_has_ended(tmp_path: Path) -> None:
    lock = tmp_path / "thing.lock"
    start(PARENT, tmp_path, lock).stop()

    def starts() -> bool:
        try:
            start(SLEEPER, tmp_path, lock).stop()
        except AlreadyRunningError:
            return False
        return True

    wait_until(starts, "the lock is given back")


def test_a_process_that_ends_while_it_is_waited_for_shows_the_end_of_its_log(tmp_path: Path) -> None:
    process = start("print('no such port'); raise SystemExit(3)", tmp_path)
    with pytest.raises(ProcessEndedError, match=r"(?s)ended with 3 before: it listens.*no such port"):
        process.wait_until(lambda: False, "it listens")
    process.stop()


def test_the_shown_log_leaves_out_earlier_runs(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("an older run\n")
    with start(SLEEPER, tmp_path) as process:
        process.wait_until(has_printed(process), "it is up")
        assert "older" not in process.tail()


def test_waiting_names_what_did_not_happen() -> None:
    with pytest.raises(NotInTimeError, match=r"not within 0 s: the moon rises"):
        wait_until(lambda: False, "the moon rises", seconds=0)
