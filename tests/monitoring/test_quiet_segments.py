"""The alert on a segment's accuracy is silent in worlds that do not change, and finds the one segment that does."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.monitoring.conftest import Tool
from tests.monitoring.quiet_segments import STEPS, Segments
from tests.monitoring.quiet_worlds import RATES, Floats, Numbers, floor
from tests.monitoring.worlds_in_prometheus import counter, evaluate

NUMBERS = Numbers.read()
WORLDS, SEGMENTS, DAYS = 200, 20, 4


def steady(accuracies: Floats) -> Floats:
    """The same accuracy [w, s] on each of some days [w, s, t]."""
    return np.repeat(accuracies[..., None], DAYS * STEPS, axis=-1)


@pytest.mark.parametrize("rate", RATES)
def test_twenty_segments_that_do_not_change_raise_at_most_one_alarm_a_day_in_a_hundred_worlds(rate: int) -> None:
    generator = np.random.default_rng(rate)
    worlds = (
        np.full((WORLDS, SEGMENTS), 0.983),
        np.full((WORLDS, SEGMENTS), 0.7),
        generator.uniform(0.6, 0.99, (WORLDS, SEGMENTS)),
    )
    days = np.zeros(DAYS, int)
    for accuracies in worlds:
        fired = Segments.simulated(generator, rate, steady(accuracies)).fires(NUMBERS).any(axis=1)
        days += fired.reshape(WORLDS, DAYS, STEPS).any(axis=2).sum(axis=0)
    assert days.max() <= len(worlds) * WORLDS // 100, days


def test_without_a_share_of_the_chance_for_each_segment_and_a_bound_of_both_counts_there_would_be_more() -> None:
    generator = np.random.default_rng(2)
    world = Segments.simulated(generator, 240, steady(np.full((WORLDS, SEGMENTS), 0.95)))
    day, before = (
        part.reshape(WORLDS, SEGMENTS, DAYS, STEPS).sum(axis=-1)[..., 1:3] for part in (world.right, world.judged)
    )
    share = day / np.maximum(before, 1)
    assert (share[..., 1] < share[..., 0] - 0.02).any(axis=1).mean() > 0.9


@pytest.mark.parametrize(("rate", "lost"), [(240, 0.3), (1000, 0.15)])
def test_the_loss_in_one_segment_of_twenty_is_found_within_a_day(rate: int, lost: float) -> None:
    """The segment has its fair share of the feedback: one in twenty."""
    generator = np.random.default_rng(19)
    accuracies = steady(np.full((WORLDS, 1), 0.95))
    accuracies[:, 0, -STEPS:] -= lost
    fired = Segments.simulated(generator, rate / SEGMENTS, accuracies).fires(NUMBERS)[:, 0]
    assert fired[:, -STEPS:].any(axis=1).mean() >= 0.95
    assert fired[:, :-STEPS].any(axis=1).mean() <= 0.03


def test_prometheus_computes_the_floor_of_the_simulation(promtool: Tool, tmp_path: Path) -> None:
    """Two segments for 30 hours, so that six of them are before the last day, in which north has more mistakes."""
    early, day = 360, 1440
    counts = {"north": (9.0, 1.0, 8.0, 2.0), "south": (0.5, 0.1, 0.5, 0.1)}
    series: dict[str, str] = {}
    checks: list[dict[str, Any]] = []
    for segment, (right, wrong, right_now, wrong_now) in counts.items():
        labels = f'version="1",feature="shop",segment="{segment}"'
        for outcome, then, now in (("correct", right, right_now), ("incorrect", wrong, wrong_now)):
            counted = np.repeat([then, now], [early, day])
            series[f'segment_feedback_total{{{labels},outcome="{outcome}"}}'] = counter(counted)
        rows = np.array(early * (right + wrong)), np.array(day * (right_now + wrong_now))
        expected = floor(np.array(early * right), *rows, NUMBERS, len(counts))
        checks.append(
            {
                "expr": f"abs(version_segment:accuracy:floor{{{labels}}} - {float(expected)}) < bool 0.001",
                "eval_time": f"{early + day}m",
                "exp_samples": [{"labels": f"{{{labels}}}", "value": 1}],
            }
        )
    evaluate(promtool, tmp_path, ["model.yml", "estimate.yml"], series, checks, every="4m")
