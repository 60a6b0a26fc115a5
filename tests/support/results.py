"""The figures of tests, printed in one line and kept in var/torture/results.json for docs/reliability.md."""

import fcntl
import json
import os
import sys
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "var" / "torture" / "results.json"
Say = Callable[[str], None]

_FIGURES = pytest.StashKey[list[str]]()


def sayer(request: pytest.FixtureRequest) -> Say:
    """For a fixture: what it returns prints a figure and keeps it with the test's result."""
    figures = request.node.stash.setdefault(_FIGURES, [])

    def say(figure: str) -> None:
        figures.append(figure)
        sys.stdout.write(f"\n{figure}\n")

    return say


def keep_result(
    item: pytest.Item, call: pytest.CallInfo[None], length: str
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """For a conftest's pytest_runtest_makereport: how the test ended, and its figures."""
    report = yield
    skipped = report.when == "setup" and report.skipped
    if report.when == "call" or skipped or report.failed:
        why = str(report.longrepr[2]) if report.skipped and isinstance(report.longrepr, tuple) else ""
        figures = item.stash.get(_FIGURES, [])
        record(length, name_of(item), {"outcome": report.outcome, "figures": [why] if why else figures})
    return report


def name_of(item: pytest.Item) -> str:
    """file::test, without the folder above tests/ and without parameters: they share one entry in the page."""
    return item.nodeid.removeprefix("tests/")


def record(length: str, test: str, result: dict[str, Any], path: Path = RESULTS) -> None:
    """Replace one test's result. Two runs at once do not lose each other's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        held = read(path)
        now, load = datetime.now(UTC).isoformat(timespec="seconds"), os.getloadavg()[0]
        held.setdefault(length, {})[test] = {**result, "at": now, "load": round(load, 1)}
        incoming = path.with_suffix(".incoming")
        incoming.write_text(json.dumps(held, indent=2, ensure_ascii=False) + "\n")
        incoming.replace(path)


def read(path: Path = RESULTS) -> dict[str, Any]:
    """By length and test; empty before the first run."""
    if not path.exists():
        return {}
    found: dict[str, Any] = json.loads(path.read_text())
    return found
