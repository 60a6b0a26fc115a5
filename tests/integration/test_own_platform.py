"""A checkout's verbs act on what that checkout started: real couriers and apis in two checkouts, side by side."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest

from scripts.run import record
from tests.support.servers import Server, free_port, http_answers, wait_until

ROOT = Path(__file__).resolve().parents[2]
ALREADY_RUNNING = 3


@pytest.fixture
def checkouts(tmp_path: Path) -> tuple[Path, Path]:
    """Two folders with what the verbs need, one of them with a space in its name."""
    made = (tmp_path / "first", tmp_path / "the second")
    for folder in made:
        shutil.copytree(ROOT / "scripts", folder / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "data").mkdir()
        shutil.copy(ROOT / "data/contract.yaml", folder / "data")
        shutil.copy(ROOT / "params.yaml", folder)
    return made


@pytest.fixture
def ports() -> list[str]:
    """First choices that every checkout of a test shares."""
    return [f"--api-port={free_port()}", f"--mlflow-port={free_port()}", f"--courier-port={free_port()}"]


@contextmanager
def running(checkout: Path, mlflow: str, ports: list[str]) -> Iterator[Server]:
    """`make api` in the checkout, until its courier and its api answer."""
    command = [sys.executable, "-m", "scripts.run", "api", *ports, f"--mlflow-uri={mlflow}"]
    with ExitStack() as stack:
        server = stack.enter_context(Server(command, os.environ, log=checkout / "api.out", cwd=checkout))
        # What a killed starter leaves is ended with the test, whatever the test printed.
        stack.callback(typed, checkout, "run", "stop")
        server.wait_until(lambda: {"courier", "api"} <= set(record.read(checkout)), "both are in the record")
        for name, page in (("courier", "/health"), ("api", "/health/live")):
            address = record.read(checkout)[name].address + page
            server.wait_until(lambda url=address: http_answers(url), f"{address} answers", 60)  # type: ignore[misc]
        yield server


def typed(checkout: Path, program: str, *words: str, **environment: str) -> tuple[int, str]:
    """The exit status of a verb's program in the checkout, and what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", f"scripts.{program}", *words], cwd=checkout, env={**os.environ, **environment},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=150, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


def groups(checkout: Path) -> dict[str, int]:
    return {name: part.pid for name, part in record.read(checkout).items()}


@pytest.mark.timeout(300)
def test_a_strangers_courier_is_refused_and_a_courier_of_ones_own_is_used(
    checkouts: tuple[Path, Path], ports: list[str], mlflow_server: str
) -> None:
    first, second = checkouts
    with running(first, mlflow_server, ports):
        theirs = record.read(first)["courier"].address
        for verb in ("quality", "retrain", "promote"):
            code, printed = typed(second, "operate", verb)
            assert (code, "Nothing of this checkout is running" in printed) == (1, True), printed
        other = f"http://127.0.0.1:{free_port()}"
        for verb in ("quality", "retrain"):
            code, printed = typed(second, "operate", verb, MLFLOW_TRACKING_URI=other, COURIER_URL=theirs)
            assert code == 1, printed
            assert f"belongs to another platform: it follows the model iris_clf at {mlflow_server}, not" in printed
        assert not list((second / "data").glob("feedback/*"))
        with running(second, mlflow_server, ports):
            ours = record.read(second)["courier"].address
            assert ours != theirs
            code, printed = typed(second, "operate", "quality")
            assert (code, f"this checkout at {mlflow_server}" in printed, "nothing was predicted yet" in printed) == (
                0, True, True,
            ), printed  # fmt: skip
            assert record.read(second)["courier"].serving_dir == str(second / "var" / "serving")


@pytest.mark.timeout(300)
def test_the_address_of_the_playground_is_printed_when_it_answers(
    checkouts: tuple[Path, Path], ports: list[str], mlflow_server: str
) -> None:
    checkout, _ = checkouts
    command = [sys.executable, "-m", "scripts.run", "api", *ports, f"--mlflow-uri={mlflow_server}"]
    with Server(command, os.environ, log=checkout / "api.out", cwd=checkout) as server:
        server.wait_until(lambda: "playground " in (checkout / "api.out").read_text(), "its address is printed", 90)
        assert http_answers(record.read(checkout)["api"].address + "/health/live")


@pytest.mark.timeout(300)
def test_a_second_start_says_where_the_first_one_is_and_stop_ends_exactly_what_was_recorded(
    checkouts: tuple[Path, Path], ports: list[str], mlflow_server: str
) -> None:
    first, second = checkouts
    with running(first, mlflow_server, ports), running(second, mlflow_server, ports) as platform:
        parts = record.read(second)
        others = [f"--api-port={free_port()}", f"--courier-port={free_port()}"]
        for verb in ("local", "api", "demo"):
            code, printed = typed(second, "run", verb, *others)
            assert code == ALREADY_RUNNING, printed
            assert f"{parts['api'].address}/docs" in printed
            assert "`make stop` ends it" in printed
            assert "Error" not in printed
        assert record.read(second) == parts
        untouched = groups(first)
        code, printed = typed(second, "run", "stop")
        assert code == 0, printed
        assert all(f"stopped {name:<8} {parts[name].address}" in printed for name in ("api", "courier"))
        assert platform.process.wait(10) == 0
        assert not any(psutil.pid_exists(part.pid) for part in parts.values())
        assert not (second / record.FILE).exists()
        assert groups(first) == untouched
    assert typed(second, "run", "stop")[0] == 0
    assert "Nothing of this checkout is running" in typed(second, "run", "stop")[1]


def test_what_a_killed_starter_left_is_found_and_stopped(
    checkouts: tuple[Path, Path], ports: list[str], mlflow_server: str
) -> None:
    checkout, _ = checkouts
    with running(checkout, mlflow_server, ports) as platform:
        parts = record.read(checkout)
        platform.process.send_signal(signal.SIGKILL)
        platform.process.wait()
        assert record.read(checkout) == parts
        assert typed(checkout, "run", "api", *ports, f"--mlflow-uri={mlflow_server}")[0] == ALREADY_RUNNING
        code, printed = typed(checkout, "run", "stop")
        assert code == 0, printed
        wait_until(lambda: not any(psutil.pid_exists(part.pid) for part in parts.values()), "nothing is left")
        assert not (checkout / record.FILE).exists()


def test_an_mlflow_of_another_checkout_is_not_taken_by_make_api(
    checkouts: tuple[Path, Path], mlflow_server: str
) -> None:
    port = mlflow_server.rpartition(":")[2]
    code, printed = typed(checkouts[0], "run", "api", f"--mlflow-port={port}")
    assert (code, f"make api MLFLOW_URI={mlflow_server}" in printed) == (1, True), printed
