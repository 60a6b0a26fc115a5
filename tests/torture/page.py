"""docs/reliability.md: each promise beside its test and that test's last figures. ``python -m tests.torture.page``

A run of some files renews their lines; the others keep the figures that they have.
"""

import os
import platform
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from tests.support.results import ROOT, read

HERE = Path(__file__).parent
PAGE = ROOT / "docs" / "reliability.md"
HEAD = "| fault | promise | test, and its last figures |\n|---|---|---|"
MISSING = "not run yet"
SWARM = "part of `make test-swarm`; figures: [Swarm](how-to/swarm.md#what-was-measured)"
ELSEWHERE = {
    "stack": "part of `make test-stack`",
    **dict.fromkeys(("browser", "contract", "integration", "monitoring", "unit"), "part of `make test`"),
    "lifecycle": "part of `make test-lifecycle`",
    "swarm": SWARM,
}
MINUTES = 50
_DAY = re.compile(r"\b\d{4}-\d\d-\d\d\b")
_LOAD = re.compile(r"load average of up to (\d+)")


@dataclass(frozen=True)
class Promise:
    """``test`` is file::function below tests/; its parameters share one line of the page."""

    part: str
    fault: str
    promise: str
    test: str


def promises() -> list[Promise]:
    found = tomllib.loads((HERE / "promises.toml").read_text())
    return [Promise(part=part, **one) for part, listed in found.items() for one in listed]


def render(results: Mapping[str, Any], earlier: str = "") -> str:
    """The page from what runs of full length have recorded, and for tests without a record from the `earlier` page."""
    kept = _cells(earlier)
    tables = []
    for part, listed in groupby(promises(), key=lambda promise: promise.part):
        lines = [f"| {one.fault} | {one.promise} | {_cell(one.test, results, kept)} |" for one in listed]
        tables.append("\n".join([f"## {part}", "", HEAD, *lines]))
    template = (HERE / "page.md").read_text()
    return template.format(
        tables="\n\n".join(tables), machine=_machine(results, earlier if missing(results) else ""), minutes=MINUTES
    )


def write(results: Mapping[str, Any], page: Path = PAGE) -> None:
    page.write_text(render(results, page.read_text() if page.exists() else ""))


def missing(results: Mapping[str, Any]) -> list[str]:
    """The promises' tests that no run of full length has recorded, of those that are in it."""
    named = [promise.test for promise in promises() if promise.test.partition("/")[0] not in ELSEWHERE]
    return [test for test in named if not _results_of(test, results)]


def _results_of(test: str, results: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Of every parameter."""
    return [result for name, result in results.items() if name == test or name.startswith(f"{test}[")]


def _cells(page: str) -> dict[str, str]:
    """By the name of the test: the figures in its line."""
    return dict(re.findall(r"\[`(\w+)`\]\([^)]*\)<br>(.*) \|$", page, flags=re.MULTILINE))


def _cell(test: str, results: Mapping[str, Any], kept: Mapping[str, str]) -> str:
    file, _, name = test.partition("::")
    figures = [_figures(result) for result in _results_of(test, results)]
    figures = figures or [ELSEWHERE.get(test.partition("/")[0]) or kept.get(name, MISSING)]
    return "<br>".join([f"[`{name}`](../tests/{file})", *figures])


def _figures(result: Mapping[str, Any]) -> str:
    figures = " ".join(result["figures"]).replace("\n", " ").replace("|", "\\|")
    return figures or "passed" if result["outcome"] == "passed" else f"**{result['outcome']}** {figures}".strip()


def _machine(results: Mapping[str, Any], earlier: str) -> str:
    """`earlier` is the page that lines were kept from: its days and its load count too."""
    before = earlier.rpartition("## Machine")[2]
    days: Iterable[str] = sorted({result["at"][:10] for result in results.values()} | {*_DAY.findall(before)})
    loads = [float(load) for load in _LOAD.findall(before)]
    load = max([*(result.get("load", 0.0) for result in results.values()), *loads], default=0.0)
    model = next(
        (line.partition(": ")[2] for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.machine(),
    )
    return (
        f"{os.cpu_count()} cores ({model}), Python {platform.python_version()}; run on {', '.join(days)}, with"
        f" a load average of up to {load:.0f}: what is above {os.cpu_count()} waits for a core, and is in the times."
    )


if __name__ == "__main__":
    write(read().get("full", {}))
