"""Processes are started once, waited for by asking, and ended with everything they started."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from scripts.run.errors import AlreadyRunningError, NotInTimeError, ProcessEndedError
from scripts.run.processes import Process, wait_until

SLEEPER = "import time; print('up', flush=True); time.sleep(600)"
PARENT = (
    "import subprocess, sys, time\n"
    f"child = subprocess.Popen([sys.executable, '-c', {SLEEPER!r}])\n"
    "print(child.pid, flush=True); time.sleep(600)"
)


LIMIT = 40_000
# Prints a numbered line at a time, and waits while the log it holds has outgrown the limit.
WRITER = f"""
import os, time
for number in range(20_000):
    os.write(1, b"line %05d\\n" % number)
    while os.fstat(1).st_size > {LIMIT * 9 // 10}:
        time.sleep(0.001)
"""


def start(code: str, folder: Path, lock: Path | None = None) -> Process:
    return Process([sys.executable, "-c", code], os.environ, log=folder / "log", log_limit=LIMIT, lock=lock)


def sizes(folder: Path) -> dict[str, int]:
    return {file.name: file.stat().st_size for file in folder.iterdir()}


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


def test_a_process_whose_number_finds_no_space_is_ended(tmp_path: Path) -> None:
    lock = tmp_path / "thing.lock"
    lock.symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        start(SLEEPER, tmp_path, lock)
    assert [child for child in psutil.Process().children() if SLEEPER in child.cmdline()] == []


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


def test_a_log_is_rotated_under_a_running_process_and_its_newest_lines_are_kept_in_order(tmp_path: Path) -> None:
    with start(f"{WRITER}\n{SLEEPER}", tmp_path) as process:
        process.wait_until(lambda: process.tail().endswith("up"), "it has written all")
        assert "line 19999\nup" in process.tail()
    assert set(sizes(tmp_path)) == {"log", "log.1", "log.2", "log.3"}
    assert max(sizes(tmp_path).values()) <= LIMIT
    lines = "".join((tmp_path / name).read_text() for name in ("log.3", "log.2", "log.1", "log")).splitlines()
    assert lines == [f"line {number:05}" for number in range(20_000 - len(lines) + 1, 20_000)] + ["up"]
    assert len(lines) > 3 * LIMIT * 9 // 10 // len("line 00000\n")


def test_a_log_that_outgrows_its_limit_at_once_keeps_its_newest_bytes(tmp_path: Path) -> None:
    process = start(f"print('x' * {3 * LIMIT}); print('the end')", tmp_path)
    process.process.wait()
    process.stop()
    assert process.tail().endswith("the end")
    assert sum(sizes(tmp_path).values()) <= 4 * LIMIT


def test_a_child_of_the_process_goes_on_writing_after_a_rotation(tmp_path: Path) -> None:
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {WRITER!r}]); {SLEEPER}"
    with start(child, tmp_path) as process:
        process.wait_until(lambda: process.tail().endswith("line 19999\nup"), "the child has written all")


def test_a_process_goes_on_printing_when_its_starter_was_killed(tmp_path: Path) -> None:
    go = tmp_path / "go"
    waits = f"while not os.path.exists({str(go)!r}) and time.monotonic() < end: time.sleep(0.01)"
    prints = "for number in range(20_000): print(number, flush=True)"
    code = f"import os, time\nend = time.monotonic() + 60\n{waits}\n{prints}"
    starter = (
        "import os, pathlib, signal, sys; from scripts.run.processes import Process\n"
        f"Process([sys.executable, '-c', {code!r}], os.environ, log=pathlib.Path({str(tmp_path / 'log')!r}))\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    with start(starter, tmp_path / "starter") as process:
        process.process.wait()
        go.touch()
        wait_until(lambda: (tmp_path / "log").read_text().endswith("\n19999\n"), "it has written all")


def test_the_log_of_an_earlier_run_is_rotated_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("older\n" * LIMIT)
    with start(SLEEPER, tmp_path) as process:
        process.wait_until(has_printed(process), "it is up")
        assert process.tail().splitlines()[1:] == ["up"]
    assert sizes(tmp_path) == {"log": len("up\n"), "log.1": LIMIT}


def test_a_log_is_not_emptied_when_it_cannot_be_copied(tmp_path: Path) -> None:
    (tmp_path / "log.0").mkdir()
    (tmp_path / "log").write_text("older\n" * LIMIT)
    with start(SLEEPER, tmp_path) as process:
        process.wait_until(has_printed(process), "it is up")
    assert (tmp_path / "log").read_text() == "older\n" * LIMIT + "up\n"
