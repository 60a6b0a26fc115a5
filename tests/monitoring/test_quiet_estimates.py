"""The alert on the estimated accuracy is silent in worlds that do not change, and sees a model that is less sure."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from tests.monitoring.conftest import MONITORING, Tool
from tests.monitoring.quiet_estimates import LEAST_ROWS, PENDING, Baseline, estimate_alarms, estimated_floor
from tests.monitoring.quiet_worlds import HOLDOUTS, RATES, Numbers
from tests.monitoring.worlds_in_prometheus import evaluate

NUMBERS = Numbers.read()
WORLDS = 200


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("trained", HOLDOUTS)
def test_an_estimate_of_rows_that_do_not_move_raises_at_most_one_alarm_in_a_hundred_worlds(
    trained: int, rate: int
) -> None:
    generator = np.random.default_rng(trained + rate)
    alarms = sum(
        estimate_alarms(generator, WORLDS, 10 * rate, trained, HOLDOUTS[trained], accuracy, NUMBERS).sum()
        for accuracy in (0.983, 0.9)
    )
    assert alarms <= 2 * WORLDS // 100


def test_a_model_that_is_ten_points_less_sure_of_a_day_s_rows_is_found_within_three_hours() -> None:
    generator = np.random.default_rng(19)
    found = estimate_alarms(
        generator, WORLDS, 550, 10_000, HOLDOUTS[10_000], 0.95, NUMBERS, lost=0.1, minutes=180
    )  # fmt: skip
    assert found.mean() >= 0.95


def test_prometheus_computes_the_floor_of_the_estimate(promtool: Tool, tmp_path: Path) -> None:
    series = {
        'model_holdout_rows{version="1",variant="production"}': "300x90",
        'model_accuracy_ratio{version="1",variant="production"}': "0.95x90",
        'model_calibration_rows{version="1",variant="production"}': "800x90",
        'predictions_total{version="1",variant="production",label="a"}': "0+10x90",
        'predictions_expected_correct_total{version="1",variant="production"}': "0+9.5x90",
    }
    baseline = Baseline(300, np.array(0.95), 800)
    expected = {
        "version:estimated:floor": float(estimated_floor(baseline, np.array(600.0), NUMBERS)),
        "version:estimated:ratio": 0.95,
    }
    checks: list[dict[str, Any]] = [
        {
            "expr": f'abs({name}{{version="1"}} - {value}) < bool 0.001',
            "eval_time": "90m",
            "exp_samples": [{"labels": '{version="1"}', "value": 1}],
        }
        for name, value in expected.items()
    ]
    evaluate(promtool, tmp_path, ["model.yml", "estimate.yml"], series, checks)


def test_the_simulation_waits_and_counts_as_the_rule_does() -> None:
    groups = yaml.safe_load((MONITORING / "prometheus/rules/estimate.yml").read_text())["groups"]
    (rule,) = (one for group in groups for one in group["rules"] if one.get("alert") == "EstimatedAccuracyDropped")
    assert f"version:estimated:rows >= {LEAST_ROWS}" in rule["expr"]
    assert rule["for"] == f"{PENDING}m"
