"""A board colours a value where the alert fires: the alert's rule and the runbook have the same threshold."""

import ast
import math
import re
from pathlib import Path

import pytest
import yaml

from monitoring.grafana.boards import thresholds

ROOT = Path(__file__).resolve().parents[2]
BOARDS = sorted((ROOT / "monitoring/grafana/boards").glob("*.py"))
ALERTS = [
    ("JournalPending", thresholds.PENDING_RECORDS, "100,000 requests"),
    ("JournalOld", thresholds.OLDEST_PENDING_SECONDS, "two minutes"),
    ("AuditStoreLarge", thresholds.AUDIT_BYTES, "4 GiB"),
    ("VolumeFilling", thresholds.LEAST_FREE_SHARE, "15 %"),
    ("ErrorBudgetBurnsFast", thresholds.FAST_BURN, "25 ms"),
    ("ErrorBudgetBurns", thresholds.SLOW_BURN, ""),
    ("ErrorBudgetBurnsSlowly", thresholds.SUSTAINED_BURN, ""),
]


def rule(alert: str) -> str:
    files = (ROOT / "monitoring/prometheus/rules").glob("*.yml")
    groups = [group for file in files for group in yaml.safe_load(file.read_text())["groups"]]
    found: list[str] = [one["expr"] for group in groups for one in group["rules"] if one.get("alert") == alert]
    assert len(found) == 1
    return found[0]


def compared(expression: str) -> set[float]:
    """Every number that an expression compares with; `4 * 1024 ^ 3` is one number."""
    found = re.findall(r"[<>]=?\s*([\d.]+(?:e\d+)?(?:\s*[*^]\s*[\d.]+)*)", expression)
    factors = [[[float(one) for one in factor.split("^")] for factor in text.split("*")] for text in found]
    return {math.prod(base ** (power[0] if power else 1) for base, *power in product) for product in factors}


@pytest.mark.parametrize(("alert", "threshold", "words"), ALERTS, ids=[alert for alert, *_ in ALERTS])
def test_a_board_and_an_alert_have_one_threshold(alert: str, threshold: float, words: str) -> None:
    assert threshold in compared(rule(alert))
    runbook = (ROOT / "docs/runbook.md").read_text()
    section = runbook.partition(f"\n## {alert}\n")[2].partition("\n## ")[0]
    assert section
    assert words in section


def test_the_promised_latency_is_the_bucket_of_the_objective() -> None:
    assert f'le="{thresholds.PROMISED_SECONDS}"' in (ROOT / "monitoring/prometheus/rules/slo.yml").read_text()


@pytest.mark.parametrize("board", BOARDS, ids=lambda file: file.stem)
def test_no_board_writes_a_threshold_of_its_own(board: Path) -> None:
    given = [
        ast.unparse(keyword.value)
        for node in ast.walk(ast.parse(board.read_text()))
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "steps"
    ]
    assert [value for value in given if not re.fullmatch(r"(thresholds\.[A-Z_]+|steps)", value)] == []
