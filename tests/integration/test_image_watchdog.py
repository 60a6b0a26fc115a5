"""The first process of a container: what hangs is ended, what works is left alone, and nothing else is changed."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.support.servers import wait_until

WATCHDOG = Path(__file__).resolve().parents[2] / "services/image/watchdog.py"
EVERY = 0.2
QUICK = ("--every", str(EVERY), "--bad", "3", "--start", "8", "--grace", "1")
BUSY = "while :; do sleep 0.02; done"
ENDED = 70
Start = Callable[..., subprocess.Popen[str]]


class Health:
    """A page that answers `status` in two parts, and counts how often it was asked and how often left too early."""

    def __init__(self) -> None:
        self.status, self.asked, self.broken = 200, 0, 0
        health = self

        class Page(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                health.asked += 1
                self.send_response(health.status)
                self.end_headers()
                try:
                    for part in (b"well" * 500, b"!" * 500):
                        self.wfile.write(part)
                        self.wfile.flush()
                except OSError:
                    health.broken += 1

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
        self.url = f"http://127.0.0.1:{self.server.server_port}/health"


@pytest.fixture
def health() -> Iterator[Health]:
    made = Health()
    thread = Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()
    assert made.broken == 0


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start the watchdog over `sh -c SCRIPT`; its output is in the file `output`. Whatever is left is killed."""
    started: list[subprocess.Popen[str]] = []

    def make(script: str, *options: str, before: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        command = [*before, sys.executable, "-IS", str(WATCHDOG), *QUICK, *options, "sh", "-c", script]
        with (tmp_path / "output").open("w") as output:
            started.append(subprocess.Popen(command, cwd=tmp_path, stderr=output, text=True))
        return started[-1]

    yield make
    for process in started:
        for pid in (*children(process), process.pid) if process.poll() is None else ():
            os.kill(pid, signal.SIGKILL)
        process.wait(10)


def children(process: subprocess.Popen[str]) -> list[int]:
    try:
        return [int(one) for one in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]
    except OSError:
        return []


def child(process: subprocess.Popen[str]) -> int:
    wait_until(lambda: len(children(process)) == 1, "the command runs")
    return children(process)[0]


def test_a_frozen_process_is_ended_in_good_order_so_that_the_container_ends(start: Start, tmp_path: Path) -> None:
    watched = start(f"trap 'touch ended; exit 0' TERM; touch ready; {BUSY}")
    wait_until((tmp_path / "ready").exists, "it has started")
    os.kill(child(watched), signal.SIGSTOP)
    assert watched.wait(30) == ENDED
    assert (tmp_path / "ended").exists()
    assert "the kernel ran none of its threads at 3 looks" in (tmp_path / "output").read_text()


def test_what_does_not_end_when_it_is_asked_is_killed(start: Start, tmp_path: Path) -> None:
    watched = start(f"trap '' TERM; touch ready; {BUSY}")
    wait_until((tmp_path / "ready").exists, "it has started")
    os.kill(child(watched), signal.SIGSTOP)
    assert watched.wait(30) == ENDED


def test_a_service_that_says_it_is_ill_is_ended_after_so_many_looks_and_not_before(
    start: Start, health: Health, tmp_path: Path
) -> None:
    watched = start(BUSY, "--health", health.url)
    wait_until(lambda: health.asked >= 2, "it was well twice")
    health.status, health.asked = 503, 0
    wait_until(lambda: health.asked >= 2, "it was ill twice")
    health.status, health.asked = 200, 0
    wait_until(lambda: health.asked >= 4, "it was well again for longer than it may be ill")
    assert watched.poll() is None
    health.status = 503
    assert watched.wait(30) == ENDED
    assert f"{health.url} did not answer 200 at 3 looks" in (tmp_path / "output").read_text()


def test_a_start_has_more_time_and_an_end(start: Start, health: Health) -> None:
    health.status = 503
    watched = start(BUSY, "--health", health.url)
    wait_until(lambda: health.asked >= 6, "it was ill for twice as long as later")
    assert watched.poll() is None
    assert watched.wait(30) == ENDED
    assert health.asked == 8


def test_a_machine_that_slept_ends_nothing(start: Start, health: Health) -> None:
    watched = start(BUSY, "--health", health.url)
    wait_until(lambda: health.asked >= 1, "it was well")
    both = (watched.pid, child(watched))
    for pid in both:
        os.kill(pid, signal.SIGSTOP)
    with pytest.raises(subprocess.TimeoutExpired):
        watched.wait(6 * EVERY)
    for pid in both:
        os.kill(pid, signal.SIGCONT)
    health.asked = 0
    wait_until(lambda: health.asked >= 4, "it is looked at again")
    assert watched.poll() is None


@pytest.mark.parametrize(("script", "code"), [("exit 0", 0), ("exit 3", 3), ("kill -KILL $$", 137)])
def test_the_exit_code_is_the_command_s_own(script: str, code: int, start: Start) -> None:
    assert start(script).wait(30) == code


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-IS", str(WATCHDOG), str(tmp_path / "absent")], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (127, f"{tmp_path / 'absent'}: No such file or directory\n")


@pytest.mark.parametrize("name", ["TERM", "INT", "HUP", "QUIT", "USR1", "TTIN"])
def test_a_signal_reaches_the_command(name: str, start: Start, tmp_path: Path) -> None:
    watched = start(f"trap 'exit 9' {name}; touch ready; {BUSY}")
    wait_until((tmp_path / "ready").exists, "it listens")
    watched.send_signal(getattr(signal, f"SIG{name}"))
    assert watched.wait(30) == 9


def test_a_stop_that_takes_its_time_is_not_cut_short(start: Start, health: Health, tmp_path: Path) -> None:
    watched = start(f"trap 'sleep {6 * EVERY}; exit 4' TERM; touch ready; {BUSY}", "--health", health.url)
    wait_until(lambda: (tmp_path / "ready").exists() and health.asked >= 1, "it is well")
    health.status = 503
    watched.send_signal(signal.SIGTERM)
    assert watched.wait(30) == 4


def test_orphans_are_collected(start: Start, tmp_path: Path) -> None:
    adopt = "import ctypes, os, sys; ctypes.CDLL(None).prctl(36, 1); os.execv(sys.argv[1], sys.argv[1:])"
    orphans = "for i in 1 2 3; do (sh -c 'exit 0' & ) ; done; touch made"
    watched = start(f"{orphans}; {BUSY}", before=(sys.executable, "-c", adopt))
    wait_until((tmp_path / "made").exists, "there were orphans")
    wait_until(lambda: len(children(watched)) == 1, "the command alone is left")
