"""The report of `make gate` says what was compared, what was found, and what the winner confuses."""

from typing import Any

import pytest

from trainer.commands.trial import summary
from trainer.registry.verdict import Criterion, Verdict

CLASSES = ["setosa", "versicolor", "virginica"]


def report(**winner: Any) -> dict[str, Any]:
    """A report of the stage `train`, with two candidates; the winner is the second."""
    candidate = {"cross_validation": {"score": 0.97}, "confusion": [[10, 0, 0], [0, 9, 1], [0, 1, 9]]} | winner
    return {
        "winner": "forest",
        "scoring": "accuracy",
        "rows": {"training": 120, "holdout": 30},
        "data_sha256": "ab" * 32,
        "candidates": {"linear": candidate, "forest": candidate},
    }


def verdict(*, passed: bool, champion: str | None = "c" * 64, version: str | None = None) -> Verdict:
    one = Criterion("accuracy", "hold-out", passed, 0.7, "0.7000, 30 rows", "at least 0.8")
    return Verdict("d" * 64, champion, version, {}, (one,))


def test_a_refusal_comes_first_and_with_its_reason() -> None:
    text = summary(report(), CLASSES, verdict(passed=False))
    assert text.startswith("## ❌ Refused: accuracy on the hold-out: 0.7000, 30 rows, must be at least 0.8\n")
    assert "| accuracy | hold-out | 0.7000, 30 rows | at least 0.8 | ❌ |" in text


def test_candidates_and_confusion_are_shown() -> None:
    text = summary(report(), CLASSES, verdict(passed=True))
    assert text.startswith("## ✅ Passed: all 1 criteria hold\n")
    assert "| **forest** | 0.9700 |" in text
    assert "| versicolor | 0 | 9 | 1 |" in text
    assert "`abababab`, 120 rows to learn from, 30 held out" in text


@pytest.mark.parametrize(
    ("champion", "version", "message"),
    [
        (None, None, "nothing: there is no model yet"),
        ("c" * 64, None, "the committed bundle `cccccccc`"),
        ("c" * 64, "7", "version 7 `cccccccc`"),
    ],
)
def test_it_says_what_the_new_model_was_compared_with(champion: str | None, version: str | None, message: str) -> None:
    assert f"Compared with {message}." in summary(
        report(), CLASSES, verdict(passed=True, champion=champion, version=version)
    )


def test_a_regression_has_no_confusion() -> None:
    assert "was taken for" not in summary(report(confusion=None), [], verdict(passed=True))
