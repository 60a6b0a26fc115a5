"""Alerts that start a retraining are silent in worlds that do not change, and find a model that lost five points."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.monitoring.conftest import Tool
from tests.monitoring.quiet_worlds import (
    HOLDOUTS,
    RATES,
    Feedback,
    Numbers,
    coverage_alarms,
    coverage_floor,
    drift_alarms,
    false_alarms,
    floor,
    found_drops,
    psi,
    threshold,
)  # fmt: skip
from tests.monitoring.worlds_in_prometheus import counter, evaluate
from trainer.contract.columns import Column, Number
from trainer.loop.joint_drift import LEAST_ROWS, joint_drift

NUMBERS = Numbers.read()
WORLDS = 200
IRIS = 0.983
"""Of the Iris model, by cross-validation."""


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("trained", HOLDOUTS)
def test_at_most_one_world_in_a_hundred_that_does_not_change_is_retrained_within_a_day(trained: int, rate: int) -> None:
    generator = np.random.default_rng(trained + rate)
    worlds = 2 * WORLDS
    by_accuracy = sum(
        false_alarms(generator, WORLDS, rate, HOLDOUTS[trained], accuracy, NUMBERS) for accuracy in (IRIS, 0.95)
    )
    # Judged answers are asked answers: ten rows asked for each of them.
    by_drift, _ = drift_alarms(generator, WORLDS, 10 * rate, trained, NUMBERS)
    # PredictionDrift is the same comparison of one column: its bins are the three classes.
    by_classes, _ = drift_alarms(generator, WORLDS, 10 * rate, trained, NUMBERS, features=1, bins=3)
    assert by_accuracy + 2 * (by_drift + by_classes) <= worlds // 100, (by_accuracy, by_drift, by_classes)


def test_the_rules_without_a_bound_cry_wolf_in_these_worlds() -> None:
    world = Feedback.simulated(np.random.default_rng(1), WORLDS, 55, 3000, np.full(1440, 0.95))
    hours = world.judged.reshape(WORLDS, 24, 60).sum(-1), world.right.reshape(WORLDS, 24, 60).sum(-1)
    share = hours[1] / hours[0]
    assert ((share < 0.95 - 0.05) & (hours[0] >= 50)).any(axis=1).mean() > 0.5
    _, naive = drift_alarms(np.random.default_rng(1), WORLDS, 550, 50, NUMBERS)
    assert naive > WORLDS / 2


def test_a_loss_of_five_points_at_240_judged_answers_an_hour_is_found_within_two_hours() -> None:
    found = found_drops(np.random.default_rng(14), 2000, 240, HOLDOUTS[10_000], IRIS, NUMBERS)
    assert found >= 0.95


def test_a_day_of_feedback_makes_up_for_a_small_hold_out() -> None:
    generator = np.random.default_rng(15)
    assert found_drops(generator, 500, 240, HOLDOUTS[50], IRIS, NUMBERS) > 0.9
    assert found_drops(generator, 500, 240, HOLDOUTS[50], IRIS, NUMBERS, past=10) < 0.5


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("holdout", [20, 34, 200, 3000])
def test_coverage_that_holds_raises_at_most_one_alarm_in_a_hundred_worlds(holdout: int, rate: int) -> None:
    found = coverage_alarms(np.random.default_rng(holdout + rate), WORLDS, rate, holdout, NUMBERS, past=0)
    assert found.sum() <= WORLDS // 100


@pytest.mark.parametrize(("lost", "within"), [(0.1, 1440), (0.3, 480)])
def test_coverage_that_breaks_is_found(lost: float, within: int) -> None:
    generator = np.random.default_rng(16)
    found = coverage_alarms(generator, WORLDS, 60, HOLDOUTS[10_000], NUMBERS, lost=lost, within=within)
    assert found.mean() >= 0.95
    bare = coverage_alarms(generator, WORLDS, 60, HOLDOUTS[10_000], NUMBERS, within=within)
    assert bare.mean() <= 0.01


def normal(names: Sequence[str]) -> list[Column]:
    return [Number(name=name, description="", dtype="float64", unit="", minimum=-9, maximum=9) for name in names]


# A minute of work, and more on a busy machine.
@pytest.mark.timeout(900)
def test_columns_that_do_not_move_raise_the_alarm_in_at_most_one_world_of_a_hundred() -> None:
    """With as few rows as the retrainer looks at, where chance is largest."""
    names = ["a", "b"]
    columns = normal(names)
    generator = np.random.default_rng(17)
    alarms = 0
    for world in range(100):
        training, live = (pd.DataFrame(generator.normal(size=(LEAST_ROWS, 2)), columns=names) for _ in range(2))
        alarms += joint_drift(training, live, columns, seed=world).low > NUMBERS.joint
    assert alarms <= 1


def test_columns_whose_relation_turns_raise_the_alarm() -> None:
    generator = np.random.default_rng(18)
    columns = normal(("a", "b"))
    first = generator.normal(size=(2, 500))
    training, live = (pd.DataFrame({"a": one, "b": sign * one}) for one, sign in zip(first, (1, -1), strict=True))
    assert joint_drift(training, live, columns, seed=1).low > NUMBERS.joint


def test_prometheus_computes_the_floor_of_the_simulation(promtool: Tool, tmp_path: Path) -> None:
    generator = np.random.default_rng(3)
    series: dict[str, str] = {}
    checks: list[dict[str, Any]] = []
    minutes = 180
    for version, (holdout, accuracy, rate) in enumerate([(15, 1.0, 60), (34, 0.97, 240), (3000, 0.9, 1000)]):
        judged = generator.poisson(rate / 60, minutes).astype(float)
        right = generator.binomial(judged.astype(int), accuracy).astype(float)
        of = f'version="{version}"'
        series[f'model_holdout_rows{{{of},variant="production"}}'] = f"{holdout}x{minutes}"
        series[f'model_accuracy_ratio{{{of},variant="production"}}'] = f"{accuracy}x{minutes}"
        series[f'feedback_total{{{of},outcome="correct"}}'] = counter(right)
        series[f'feedback_total{{{of},outcome="incorrect"}}'] = counter(judged - right)
        # A range of m minutes at a sample a minute holds m - 1 steps, and increase() extends them to m.
        stretch = 120 / 119
        recent, good = judged[-119:].sum() * stretch, right[-119:].sum() * stretch
        rows = holdout + judged.sum() - recent
        expected = {
            "before": floor(holdout * accuracy + right.sum() - good, rows, recent, NUMBERS),
            "holdout": floor(np.array(holdout * accuracy), np.array(holdout), judged.sum(), NUMBERS),
        }
        for against, value in expected.items():
            selector = f'version:accuracy:floor{{{of},against="{against}"}}'
            checks.append(
                {
                    "expr": f"abs({selector} - {float(value)}) < bool 0.003",
                    "eval_time": f"{minutes}m",
                    "exp_samples": [{"labels": f'{{{of},against="{against}"}}', "value": 1}],
                }
            )
    evaluate(promtool, tmp_path, ["model.yml"], series, checks)


def test_prometheus_computes_the_floor_of_coverage(promtool: Tool, tmp_path: Path) -> None:
    series = {
        'model_holdout_rows{version="1",variant="production"}': "500x60",
        'model_coverage_ratio{version="1",variant="production"}': "0.9x60",
        'model_coverage_rows{version="1",variant="production"}': "500x60",
        'feedback_coverage_total{version="1",outcome="covered"}': "0+9x60",
        'feedback_coverage_total{version="1",outcome="missed"}': "0+1x60",
    }
    # increase() sees sixty minutes of counts, and extends them by at most half a step at the window's start.
    expected = coverage_floor(np.array(600.0), 0.9, 500, NUMBERS)
    expr = f'abs(version:coverage:floor{{version="1"}} - {float(expected)}) < bool 0.001'
    check = {"expr": expr, "eval_time": "60m", "exp_samples": [{"labels": '{version="1"}', "value": 1}]}
    evaluate(promtool, tmp_path, ["model.yml", "estimate.yml"], series, [check])


def test_prometheus_computes_the_index_and_threshold_of_the_simulation(promtool: Tool, tmp_path: Path) -> None:
    generator = np.random.default_rng(4)
    trained = {"a": np.array([5.0] * 10), "b": np.array([30.0, 15.0, 5.0])}
    series = {
        'model_info{version="1",variant="production"}': "2x60",
        'model_train_rows{version="1",variant="production"}': "50x60",
    }
    checks: list[dict[str, Any]] = []
    for feature, rows in trained.items():
        shares = generator.dirichlet(rows)
        asked = generator.poisson(20 * shares, (60, len(rows))).astype(float)
        for place, share in enumerate(rows / 50):
            labels = f'version="1",feature="{feature}",bin="{place}"'
            series[f"feature_reference_ratio{{{labels}}}"] = f"{share}x60"
            series[f"feature_observations_total{{{labels}}}"] = counter(asked[:, place])
        recent = asked[-59:].sum(0) * 60 / 59
        expected = {
            "version_feature:psi:1h": psi(recent, rows),
            "version_feature:psi:threshold1h": threshold(len(rows), len(trained), recent.sum(), 50, NUMBERS),
        }
        for name, value in expected.items():
            checks.append(
                {
                    "expr": f'abs({name}{{feature="{feature}"}} - {float(value)}) < bool 0.002',
                    "eval_time": "60m",
                    "exp_samples": [{"labels": f'{{version="1",feature="{feature}"}}', "value": 1}],
                }
            )
    evaluate(promtool, tmp_path, ["drift.yml"], series, checks)
