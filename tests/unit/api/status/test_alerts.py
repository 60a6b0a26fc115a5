"""The alerts without Prometheus fire, stay quiet, and use the limits of its rules."""

import math
import re
from pathlib import Path
from typing import Any

import pytest

from api.status import thresholds
from api.status.alerts import Holdout, accuracy_floor, judge
from api.status.drift import FeatureDrift

RULES = Path(__file__).resolve().parents[4] / "monitoring/prometheus/rules"
WELL: dict[str, Any] = {
    "model": "2", "oldest": 1.0, "drift": [], "holdout": Holdout(0.95, 40), "judged": 100, "correct": 95,
}  # fmt: skip


def firing(**changes: Any) -> list[str]:
    return [alert.name for alert in judge(**{**WELL, **changes}) if alert.firing]


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"model": None}, "NoModel"),
        ({"oldest": 121.0}, "JournalOld"),
        ({"drift": [FeatureDrift("a", 1000, 0.5, 0.1, 0.2)]}, "FeatureDrift"),
        ({"correct": 40}, "LiveAccuracyDropped"),
    ],
)
def test_each_alert_fires_alone(changes: dict[str, Any], name: str) -> None:
    assert firing(**changes) == [name]


@pytest.mark.parametrize(
    "changes",
    [
        {}, {"oldest": 120.0}, {"oldest": None}, {"judged": 0, "correct": 0}, {"holdout": None, "correct": 0},
        {"judged": 3, "correct": 1}, {"drift": [FeatureDrift("a", 1000, 0.25, 0.3, 0.3)]},
        {"drift": [FeatureDrift("a", 10, None, None, None)]},
    ],
)  # fmt: skip
def test_what_chance_explains_or_nobody_knows_is_quiet(changes: dict[str, Any]) -> None:
    assert firing(**changes) == []


def test_the_floor_rises_with_the_evidence_and_keeps_its_tolerance() -> None:
    floors = [accuracy_floor(Holdout(0.95, 1000), judged) for judged in (10, 100, 10_000)]
    assert floors == sorted(floors)
    assert math.isclose(accuracy_floor(Holdout(0.95, 10**9), 10**9), 0.95 - thresholds.ACCURACY_TOLERANCE)


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ("drift:psi:threshold", thresholds.PSI),
        ("drift:rows:minimum", thresholds.DRIFT_ROWS),
        ("drift:chance:ratio", thresholds.DRIFT_CHANCE),
        ("drift:train_rows:assumed", thresholds.TRAIN_ROWS),
        ("quality:chance:ratio", thresholds.ACCURACY_CHANCE),
        ("quality:tolerance:ratio", thresholds.ACCURACY_TOLERANCE),
    ],
)
def test_the_limits_are_those_of_prometheus_s_rules(rule: str, value: float) -> None:
    text = "".join((RULES / name).read_text(encoding="utf-8") for name in ("drift.yml", "model.yml"))
    found = re.search(rf'record: "{rule}", expr: vector\(([0-9.]+)\)', text)
    assert found is not None
    assert float(found[1]) == value


def test_every_alert_is_one_of_prometheus_s_and_the_journal_has_its_limit() -> None:
    text = "".join(file.read_text(encoding="utf-8") for file in RULES.glob("*.yml"))
    assert {alert.name for alert in judge(**WELL)} <= set(re.findall(r"- alert: (\w+)", text))
    assert f"journal_oldest_pending_seconds[1m])) > {thresholds.JOURNAL_SECONDS}\n" in text
