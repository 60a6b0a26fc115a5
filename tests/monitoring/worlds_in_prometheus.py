"""A simulated world as series, and Prometheus' own evaluator on it."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from tests.monitoring.conftest import MONITORING, Tool
from tests.monitoring.quiet_worlds import Floats


def counter(counts: Floats) -> str:
    """The values of a counter, which starts at zero, from what it counted in each minute [m]."""
    return " ".join(f"{value:g}" for value in np.concatenate([[0.0], counts.cumsum()]))


def evaluate(
    promtool: Tool, folder: Path, rules: list[str], series: dict[str, str], checks: list[dict[str, Any]]
) -> None:
    """Let promtool evaluate the expressions of `checks` in one world of series. The file is JSON, which is YAML."""
    folder.chmod(0o755)
    for name in rules:
        shutil.copy(MONITORING / "prometheus/rules" / name, folder / name)
    world = {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": checks,
    }
    content = {"rule_files": rules, "evaluation_interval": "1m", "tests": [world]}
    (folder / "worlds.yml").write_text(json.dumps(content))
    run = promtool("test", "rules", "worlds.yml", folder=folder)
    assert run.returncode == 0, run.stdout + run.stderr
