"""A simulated world as series, and Prometheus' own evaluator on it."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from tests.monitoring.conftest import MONITORING, Tool
from tests.monitoring.quiet_worlds import Floats


def counter(counts: Floats) -> str:
    """The values of a counter, which starts at zero, from what it counted in each minute [m]."""
    return " ".join(f"{value:g}" for value in np.concatenate([[0.0], counts.cumsum()]))


def evaluate(
    promtool: Tool, folder: Path, rules: list[str], series: dict[str, str], checks: list[dict[str, Any]],
    *, every: str = "1m",
) -> None:  # fmt: skip
    """Let promtool evaluate the expressions of `checks` in one world of series. The file is JSON, which is YAML.

    Rules are evaluated `every` so often: a world of days takes a minute of work when it is each minute. A rule sees the
    results of another group for five minutes, so the next evaluation must come before.
    """
    folder.chmod(0o755)
    for name in rules:
        text = (MONITORING / "prometheus/rules" / name).read_text()
        (folder / name).write_text(text.replace("interval: 1m\n", f"interval: {every}\n"))
    world = {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": checks,
    }
    content = {"rule_files": rules, "evaluation_interval": every, "tests": [world]}
    (folder / "worlds.yml").write_text(json.dumps(content))
    run = promtool("test", "rules", "worlds.yml", folder=folder)
    assert run.returncode == 0, run.stdout + run.stderr
