"""The decision about a canary: more traffic, all of it, none, or wait."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from trainer.loop.evidence import Tally
from trainer.loop.latency_noise import CHANCE
from trainer.loop.prometheus import MinuteFigures, VersionFigures
from trainer.loop.rollout import Decision, decide
from trainer.loop.weighing import Evidence
from trainer.params import Params
from trainer.thresholds import Rollout

FINE = VersionFigures(
    answered=500, requests=500, failed=0, p99_ms=3.0, p99_least_ms=2.5, p99_most_ms=3.5, correct=95, incorrect=5
)
LONG = 3600.0


def minutes(served: VersionFigures) -> MinuteFigures:
    """All of it in one minute."""
    return MinuteFigures(tally(served.asked, served.failed), tally(served.judged, served.incorrect))


def tally(trials: float, bad: float) -> Tally:
    return Tally(np.array([float(trials)]), np.array([float(bad)]))


def decided(
    percent: float | None, canary: VersionFigures, production: VersionFigures, seconds: float, limits: Rollout
) -> Decision:
    evidence = Evidence.of(minutes(canary), minutes(production), limits)
    return decide(percent, canary, production, evidence, seconds, limits)


@pytest.mark.parametrize(
    ("percent", "action", "following"), [(5, "step", 25), (25, "promote", 100), (10, "step", 25), (100, "promote", 100)]
)
def test_a_canary_as_good_as_production_gets_more(percent: float, action: str, following: float, fast: Params) -> None:
    found = decided(percent, FINE, FINE, LONG, fast.rollout)
    assert (found.action, found.percent) == (action, following)


@pytest.mark.parametrize(
    ("canary", "message"),
    [
        (replace(FINE, failed=30), "5.7% of its 530 requests failed, of production's 0.0%"),
        (replace(FINE, answered=0, requests=0, failed=3), "100.0% of its 3 requests failed"),
        (replace(FINE, correct=60, incorrect=40), "it was right in 60.0% of 100, production in 95.0%"),
        (
            replace(FINE, p99_ms=9.0, p99_least_ms=7.1),
            "its p99 is 9.0 ms, at least 7.1; production's 3.0 ms, at most 3.5",
        ),
    ],
)
def test_a_worse_canary_goes_back_at_once(canary: VersionFigures, message: str, fast: Params) -> None:
    found = decided(5, canary, FINE, 30.0, fast.rollout)
    assert found.action == "back"
    assert found.why.startswith(message)


@pytest.mark.parametrize(
    ("canary", "seconds", "message"),
    [
        (replace(FINE, answered=99), LONG, "99 answers of the 100 that decide"),
        (FINE, 60.0, "watched for 1.0 of 10 minutes"),
        (replace(FINE, answered=0, requests=0, p99_ms=None, p99_least_ms=None), LONG, "0 answers"),
        (replace(FINE, failed=1), 60.0, "watched for"),
        (
            replace(FINE, correct=80, incorrect=20),
            LONG,
            "right in 80.0% of 100, production in 95.0% of 100: chance explains it",
        ),
        (replace(FINE, failed=9), LONG, "1.8% of its 509 requests failed, of production's 0.0%: chance explains it"),
        (replace(FINE, answered=0, requests=0, failed=2), LONG, "0 answers"),
        (
            replace(FINE, p99_ms=9.0, p99_least_ms=6.9),
            LONG,
            "its p99 is 9.0 ms, production's 3.0 ms: chance explains it",
        ),
    ],
)
def test_too_little_evidence_waits(canary: VersionFigures, seconds: float, message: str, fast: Params) -> None:
    found = decided(5, canary, FINE, seconds, fast.rollout)
    assert (found.action, found.percent) == ("hold", 5)
    assert message in found.why


@pytest.mark.parametrize(("canary", "action"), [(FINE, "hold"), (replace(FINE, failed=50), "back")])
def test_a_canary_whose_share_nobody_can_read_is_not_stepped_and_still_goes_back_when_worse(
    canary: VersionFigures, action: str, fast: Params
) -> None:
    found = decided(None, canary, FINE, LONG, fast.rollout)
    assert (found.action, found.percent) == (action, 0)
    assert action == "back" or "`percent` is not a share from 0 to 100" in found.why


def test_patience_ends(fast: Params) -> None:
    found = decided(5, replace(FINE, answered=3), FINE, 25 * 3600, fast.rollout)
    assert (found.action, found.why[:23]) == ("back", "no evidence in 24 hours")


def test_a_slow_answer_that_is_still_fast_is_no_reason(fast: Params) -> None:
    quick = replace(FINE, p99_ms=1.0, p99_most_ms=1.1)
    assert decided(5, replace(FINE, p99_ms=4.9, p99_least_ms=4.8), quick, LONG, fast.rollout).action == "step"


def test_accuracy_counts_only_with_enough_feedback_and_can_be_asked_for(fast: Params) -> None:
    few = replace(FINE, correct=17, incorrect=2)
    assert decided(5, few, FINE, LONG, fast.rollout).action == "step"
    asking = fast.rollout.model_copy(update={"needs_feedback": True})
    found = decided(5, few, FINE, LONG, asking)
    assert (found.action, found.why) == ("hold", "19 of its answers have feedback, 20 of each decide")


def test_the_rollout_and_the_rules_mean_the_same_by_chance() -> None:
    rules = (Path(__file__).parents[4] / "monitoring/prometheus/rules/model.yml").read_text()
    assert f'{{record: "quality:chance:ratio", expr: vector({CHANCE})}}' in rules


def test_a_stop_names_the_odds_and_those_that_decide(fast: Params) -> None:
    found = decided(
        5, replace(FINE, correct=600, incorrect=400), replace(FINE, correct=950, incorrect=50), 30.0, fast.rollout
    )
    assert found.why.endswith("evidence that it is worse by more than 5 points: over 1000000 to 1, 80 to 1 decides")
