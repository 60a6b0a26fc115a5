"""`make demo` as a person runs it: in a copy of this checkout, with real servers, from nothing to the report."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from scripts.run.copies import copy_checkout
from scripts.run.ports import free_port
from scripts.run.processes import Process, wait_until
from tests.support.checkouts import lend_environment
from tests.support.documents import blocks, commands

ROOT = Path(__file__).resolve().parents[2]
# Every block of these pages is run below, but for the verbs that tests of their own type.
PAGES = ("README.md", "SUMMARY.md", "docs/tutorial.md")
TYPED_ELSEWHERE = {
    "make demo": "in this file",
    "make local": "in this file",
    "make test": "these two are tests themselves",
    "make test-lifecycle": "these two are tests themselves",
    "make up": "tests/stack/test_verbs.py",
    "make predict": "tests/stack/test_verbs.py",
}
KEYS = {"model", "version", "bundle", "predictions", "accuracy", "latency_ms", "audit_rows", "seconds"}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what git tracks, so that nothing made by the developer's own runs is in it."""
    return copy_checkout(ROOT, tmp_path_factory.mktemp("clone") / "mlops-iris")


def lifecycle(checkout: Path, verb: str) -> Process:
    ports = ["--api-port", free_port(), "--mlflow-port", free_port(), "--courier-port", free_port()]
    command = [sys.executable, "-m", "scripts.run", verb, *map(str, ports)]
    return Process(command, os.environ, log=checkout / "var" / f"{verb}.out", cwd=checkout)


def left_behind(checkout: Path) -> list[str]:
    """Command lines of the processes that still work in the checkout."""
    alive = [
        p.info for p in psutil.process_iter(["cwd", "cmdline", "status"]) if p.info["status"] != psutil.STATUS_ZOMBIE
    ]
    return [" ".join(info["cmdline"] or []) for info in alive if (info["cwd"] or "").startswith(str(checkout))]


def run_demo(checkout: Path) -> dict[str, object]:
    with lifecycle(checkout, "demo") as demo:
        code = demo.process.wait(300)
        assert code == 0, demo.tail(80)
    report: dict[str, object] = json.loads((checkout / "var/demo/report.json").read_text())
    return report


@pytest.fixture(scope="module")
def first(checkout: Path) -> dict[str, object]:
    return run_demo(checkout)


def test_every_question_is_answered_and_found_again(first: dict[str, object], checkout: Path) -> None:
    assert first.keys() >= KEYS
    assert (first["predictions"], first["audit_rows"]) == (150, 150)
    accuracy = first["accuracy"]
    assert isinstance(accuracy, float)
    assert 0.9 < accuracy <= 1
    assert (checkout / "artifacts/bundles" / str(first["bundle"]) / "manifest.json").is_file()


def test_no_process_stays_behind(first: dict[str, object], checkout: Path) -> None:
    assert left_behind(checkout) == []


def test_a_second_run_publishes_nothing_new(first: dict[str, object], checkout: Path) -> None:
    second = run_demo(checkout)
    assert (second["version"], second["bundle"]) == (first["version"], first["bundle"])
    assert second["audit_rows"] == 150


def test_ctrl_c_ends_every_process(first: dict[str, object], checkout: Path) -> None:
    with lifecycle(checkout, "local") as local:
        local.wait_until(lambda: "waiting for MLflow" in local.tail(), "it has started its servers", seconds=60)
        local.process.send_signal(signal.SIGINT)
        local.process.send_signal(signal.SIGINT)  # an impatient person presses it twice
        assert local.process.wait(60) == 0, local.tail()
    wait_until(lambda: left_behind(checkout) == [], "nothing is left")


@contextmanager
def local(checkout: Path) -> Iterator[dict[str, str]]:
    """`make local` in a checkout, and the addresses of the pages replaced by its own."""
    api, mlflow, courier = (str(free_port()) for _ in range(3))
    ports = ["--api-port", api, "--mlflow-port", mlflow, "--courier-port", courier]
    command = [sys.executable, "-m", "scripts.run", "local", *ports]
    with Process(command, os.environ, log=checkout / "var/local.out", cwd=checkout) as process:
        process.wait_until(lambda: "Ctrl-C stops everything" in process.tail(), "it is up", seconds=120)
        yield {"API_PORT": api, "MLFLOW_PORT": mlflow}
        process.process.send_signal(signal.SIGINT)
        assert process.process.wait(60) == 0, process.tail()


def change_parameters(checkout: Path) -> None:
    """What the tutorial asks a person to do by hand before they train again."""
    params = (checkout / "params.yaml").read_text()
    assert "grid: { C: [0.1, 1.0, 10.0] }" in params
    (checkout / "params.yaml").write_text(params.replace("grid: { C: [0.1, 1.0, 10.0] }", "grid: { C: [0.1] }"))


@pytest.mark.timeout(900)
def test_every_block_of_the_readme_the_summary_and_the_tutorial_does_what_it_says(
    first: dict[str, object], checkout: Path
) -> None:
    """Each is run as it stands, but for the ports. Feedback and tables included, and the answer may not be a refusal
    unless the page says that it will be one."""
    lend_environment(checkout)
    run = 0
    with local(checkout) as ports:
        change_parameters(checkout)
        for block in (block for page in PAGES for block in blocks(ROOT / page)):
            if block.language not in {"sh", "bash"} or set(commands(block)) <= TYPED_ELSEWHERE.keys():
                continue
            text = block.text.replace("127.0.0.1:8000", f"127.0.0.1:{ports['API_PORT']}")
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", text.replace("127.0.0.1:5000", f"127.0.0.1:{ports['MLFLOW_PORT']}")],
                cwd=checkout, env={**os.environ, **ports}, capture_output=True, text=True, timeout=300, check=False,
            )  # fmt: skip
            assert done.returncode == 0, f"{block.place}: {done.stdout}{done.stderr}"
            refused = re.search(r"urn:mlops-iris:problem:([a-z-]+)", done.stdout)
            assert (refused is not None) == ('"long"' in block.text), f"{block.place}: {done.stdout}"
            run += 1
    assert run >= 8
