"""A worse model is told and not published; the report shows what it confuses."""

from typing import Any

import pytest

from scripts.retrain import Verdict, judge, summary


def report(accuracy: float) -> dict[str, Any]:
    """A report of the stage `train`, with two candidates; the winner is the second."""
    measured = {"accuracy": accuracy, "f1_macro": accuracy, "log_loss": 0.1}
    candidate = {
        "cross_validation": {"score": 0.97, "log_loss": 0.09},
        "holdout": measured,
        "confusion": [[10, 0, 0], [0, 9, 1], [0, 1, 9]],
    }
    return {
        "winner": "forest",
        "scoring": "accuracy",
        "rows": {"training": 120, "holdout": 30},
        "data_sha256": "ab" * 32,
        "candidates": {"linear": candidate | {"holdout": measured | {"accuracy": 0.5}}, "forest": candidate},
    }


@pytest.mark.parametrize(
    ("new", "committed", "passed"), [(0.97, 0.97, True), (0.93, 0.97, True), (0.90, 0.97, False), (1.0, 0.9, True)]
)
def test_the_winner_may_lose_no_more_than_chance_explains(new: float, committed: float, passed: bool) -> None:
    assert judge(report(new), report(committed)).passed is passed


def test_the_first_model_passes_and_says_that_nothing_was_compared() -> None:
    verdict = judge(report(0.9), None)
    assert verdict.passed
    assert "no committed model" in verdict.why


def test_the_summary_shows_verdict_candidates_and_confusion() -> None:
    text = summary(report(0.9333), ["setosa", "versicolor", "virginica"], Verdict(passed=False, why="worse"))
    assert text.startswith("## ❌ Not published: worse\n")
    assert "| **forest** | 0.9700 | 0.9333 | 0.9333 | 0.1000 |" in text
    assert "| linear | 0.9700 | 0.5000 |" in text
    assert "| versicolor | 0 | 9 | 1 |" in text
    assert "`abababab`, 120 rows to learn from, 30 held out" in text
