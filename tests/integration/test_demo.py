"""`make demo` as a person runs it: in a copy of this checkout, with real servers, from nothing to the report."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from scripts.lifecycle.ports import free_port
from scripts.lifecycle.processes import Process, wait_until

ROOT = Path(__file__).resolve().parents[2]
KEYS = {"model", "version", "bundle", "predictions", "accuracy", "latency_ms", "audit_rows", "seconds"}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what git tracks, so that nothing made by the developer's own runs is in it."""
    copy = tmp_path_factory.mktemp("clone") / "mlops-iris"
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout
    for name in filter(None, tracked.decode().split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    return copy


def lifecycle(checkout: Path, verb: str) -> Process:
    ports = ["--api-port", free_port(), "--mlflow-port", free_port(), "--courier-port", free_port()]
    command = [sys.executable, "-m", "scripts.lifecycle", verb, *map(str, ports)]
    return Process(command, os.environ, log=checkout / "var" / f"{verb}.out", cwd=checkout)


def left_behind(checkout: Path) -> list[str]:
    """Command lines of the processes that still work in the checkout."""
    alive = [
        p.info for p in psutil.process_iter(["cwd", "cmdline", "status"]) if p.info["status"] != psutil.STATUS_ZOMBIE
    ]
    return [" ".join(info["cmdline"] or []) for info in alive if (info["cwd"] or "").startswith(str(checkout))]


def run_demo(checkout: Path) -> dict[str, object]:
    with lifecycle(checkout, "demo") as demo:
        code = demo.process.wait(150)
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
