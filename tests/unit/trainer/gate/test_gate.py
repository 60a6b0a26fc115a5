"""The gate refuses for each reason it has, with the figure, and passes what is as good."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.support.bundles import GOLDEN_ROWS, IRIS, tiny_parts
from trainer.data.dataset import Rows, held_out
from trainer.gate.contender import Contender, Split
from trainer.gate.gate import Trial, _budgets, judge
from trainer.params import Params
from trainer.registry.verdict import Verdict
from trainer.thresholds import Difference

SPLIT = Split(seed=7, share=0.5)


def contender(*, tilt: float = 0.0, split: Split = SPLIT, **manifest: Any) -> Contender:
    parts = tiny_parts(tilt=tilt)
    made = parts.manifest | {"files": {name: {"size": len(content)} for name, content in parts.files.items()}}
    return Contender(f"{tilt:064.0f}", made | manifest, parts.files["model.onnx"], split)


def rows(count: int = 200) -> Rows:
    """Flowers around the golden ones, labelled as the untilted model answers."""
    generator = np.random.default_rng(1)
    values = np.array(GOLDEN_ROWS)[np.arange(count) % 3] + generator.normal(scale=0.3, size=(count, 4))
    features = pd.DataFrame(values, columns=list(IRIS))
    return Rows(features, contender().answers(features).argmax(axis=1).astype(np.int64))


@pytest.fixture
def verdict(fast: Params) -> Callable[..., Verdict]:
    """Judge a trial in which the challenger is the champion's twin, but for what a test changes."""

    def judged(**changes: Any) -> Verdict:
        limits = changes.pop("limits", {})
        trial = replace(Trial(contender(), contender(), rows(), None, 1e-8, 1e-5), **changes)
        return judge(trial, fast.gate.model_copy(update=limits), seed=3)

    return judged


def failed(verdict: Verdict) -> set[tuple[str, str]]:
    return {(one.name, one.on) for one in verdict.criteria if not one.passed}


def test_a_twin_of_the_champion_passes(verdict: Callable[..., Verdict]) -> None:
    found = verdict()
    assert (found.passed, found.reasons, found.rows) == (True, [], {"hold-out": 200, "feedback": 0})
    assert {one.name for one in found.criteria} >= {"accuracy against the champion", "log-loss against the champion"}


def test_the_first_model_is_held_against_absolute_criteria_alone(verdict: Callable[..., Verdict]) -> None:
    found = verdict(champion=None)
    assert found.passed
    assert not [one for one in found.criteria if "champion" in one.name]
    assert ("accuracy", "hold-out") in failed(verdict(champion=None, challenger=contender(tilt=9.0)))


def test_a_worse_model_is_refused_with_the_difference_and_its_interval(verdict: Callable[..., Verdict]) -> None:
    found = verdict(challenger=contender(tilt=9.0), limits={"accuracy_floor": 0.0, "log_loss_ceiling": 9.0})
    assert ("accuracy against the champion", "hold-out") in failed(found)
    assert ("log-loss against the champion", "hold-out") in failed(found)
    (message,) = (one for one in found.criteria if one.name == "accuracy against the champion")
    assert message.figure is not None
    assert message.figure < -0.05
    assert message.found.endswith("200 rows")
    assert "[" in message.found


def test_the_segments_of_the_manifest_are_compared_one_by_one(verdict: Callable[..., Verdict]) -> None:
    column = next(iter(IRIS))
    every = rows()
    of_one = Rows(every.features.assign(**{column: 5.0}), every.labels)
    found = verdict(challenger=contender(segments=[column]), holdout=of_one)
    (segment,) = (one for one in found.criteria if one.name == f"accuracy by {column}")
    assert segment.passed
    assert segment.found == "5.0: +0.0000 [+0.0000, +0.0000], 200 rows; 1 segments judged"


def test_a_better_model_passes_however_much_better(verdict: Callable[..., Verdict]) -> None:
    assert verdict(champion=contender(tilt=9.0)).passed


def test_a_difference_within_the_margin_is_refused_when_too_few_rows_tell(verdict: Callable[..., Verdict]) -> None:
    every = rows(2000)
    worse, champion = contender(tilt=1.0), contender()
    truth = every.labels.copy()
    # The champion is wrong where the challenger is right, and the other way round: on average they are alike.
    differ = worse.answers(every.features).argmax(axis=1) != champion.answers(every.features).argmax(axis=1)
    truth[np.flatnonzero(differ)[::2]] = worse.answers(every.features).argmax(axis=1)[np.flatnonzero(differ)[::2]]
    of_each = np.r_[np.flatnonzero(differ)[:10], np.flatnonzero(~differ)[:10]]
    features: pd.DataFrame = every.features.take(of_each)
    few = Rows(features.reset_index(drop=True), truth[of_each])
    many = Rows(pd.concat([few.features] * 40, ignore_index=True), np.tile(few.labels, 40))
    loose: dict[str, Any] = {
        "accuracy": Difference(margin=0.05, worst=0.1),
        "log_loss": Difference(margin=5.0, worst=9.0),
        "accuracy_floor": 0.0,
        "recall_floor": 0.0,
        "calibration_ceiling": 1.0,
        "log_loss_ceiling": 99.0,
        "no_better_than_guessing": "serve_anyway",
    }
    assert failed(verdict(challenger=worse, holdout=few, limits=loose)) == {
        ("accuracy against the champion", "hold-out")
    }
    assert verdict(challenger=worse, holdout=many, limits=loose).passed


def test_rows_the_champion_may_have_trained_on_do_not_count(verdict: Callable[..., Verdict]) -> None:
    champion = contender(split=Split(seed=8, share=0.5))
    found = verdict(champion=champion)
    assert found.rows["hold-out"] == int(held_out(rows(), share=0.5, seed=8).sum())
    assert 60 < found.rows["hold-out"] < 140
    none = verdict(champion=contender(split=Split(seed=8, share=0.001)))
    assert failed(none) == {("evidence", "hold-out")}
    assert none.reasons == ["evidence on the hold-out: 0 rows that neither model has trained on, must be at least 10"]


def test_live_feedback_is_judged_apart_when_there_is_enough(verdict: Callable[..., Verdict]) -> None:
    live = rows(60)
    wrong = Rows(live.features, (live.labels + 1) % 3)
    assert verdict(feedback=live).passed
    # Both are equally wrong on these: no reason to refuse the challenger.
    assert verdict(feedback=wrong).passed
    found = verdict(challenger=contender(tilt=9.0), feedback=live, limits={"accuracy_floor": 0.0})
    assert ("accuracy against the champion", "feedback") in failed(found)
    assert "feedback" not in {one.on for one in verdict(feedback=rows(5)).criteria}


def test_another_schema_is_refused_and_not_compared(verdict: Callable[..., Verdict]) -> None:
    renamed = contender(target={"name": "species", "classes": ["setosa", "versicolor", "other"]})
    found = verdict(challenger=renamed)
    assert failed(found) == {("inputs and answers", "bundle")}
    assert "other target: today's clients would be refused" in found.reasons[0]


@pytest.mark.parametrize(
    ("limits", "name"),
    [
        ({"recall_floor": 1.0}, "recall of versicolor"),
        ({"latency_ms": 1e-9}, "latency of one row"),
        ({"size_mb": 1e-9}, "size"),
        ({"calibration_ceiling": 0.0}, "calibration error"),
        ({"log_loss_ceiling": 1e-9}, "log-loss"),
    ],
)
def test_each_budget_can_refuse(verdict: Callable[..., Verdict], limits: dict[str, float], name: str) -> None:
    holdout = rows()
    holdout.labels[0] = 1
    assert name in {name for name, _ in failed(verdict(holdout=holdout, limits=limits))}


def test_a_model_that_differs_from_scikit_learn_is_refused(verdict: Callable[..., Verdict]) -> None:
    assert failed(verdict(parity=1e-4)) == {("ONNX against scikit-learn", "bundle")}
    assert failed(verdict(parity=float("nan"))) == {("ONNX against scikit-learn", "bundle")}


@pytest.mark.parametrize(("task", "unit"), [("classification", "a probability"), ("regression", "the target's range")])
def test_the_difference_between_onnx_and_scikit_learn_has_the_unit_of_the_task(
    task: str, unit: str, fast: Params
) -> None:
    model: Any = SimpleNamespace(task=task, size=1000, one_row_ms=lambda _rows: 0.1)
    criteria = _budgets(Trial(model, None, rows(), None, 1e-8, 1e-5), fast.gate)
    assert [one.found for one in criteria if "ONNX" in one.name] == [f"1.0e-08 of {unit}"]


def test_the_verdict_is_a_document_and_one_short_line(verdict: Callable[..., Verdict]) -> None:
    found = verdict(challenger=contender(tilt=9.0))
    document = found.document()
    assert document["verdict"] == "failed"
    assert document["reasons"] == found.reasons
    fields = {"name", "on", "passed", "figure", "found", "limit", "warns", "keys"}
    assert all(set(one) == fields for one in document["criteria"])
    assert len(found.short) <= 400
    assert found.json().endswith("}\n")


def test_a_model_no_better_than_guessing_is_refused_naming_the_key_or_served_with_a_loud_verdict(
    verdict: Callable[..., Verdict],
) -> None:
    every = rows()
    noise = Rows(every.features, np.random.default_rng(5).permutation(every.labels))
    none = dict.fromkeys(("accuracy_floor", "log_loss_ceiling", "recall_floor", "calibration_ceiling"))
    found = verdict(champion=None, holdout=noise, limits=none)
    assert failed(found) == {("against guessing", "hold-out")}
    assert "NO BETTER THAN GUESSING" in found.reasons[0]
    assert found.advice[0].startswith("set gate.no_better_than_guessing: serve_anyway in params.yaml")
    assert "make promote VERSION=" in found.advice[1]
    asked = verdict(champion=None, holdout=noise, limits=none | {"no_better_than_guessing": "serve_anyway"})
    assert asked.passed
    assert "NO BETTER THAN GUESSING" in asked.short
    assert verdict(champion=None, limits=none).passed


def test_a_rare_class_that_is_never_found_is_named_and_one_with_too_few_rows_is_not_judged(
    verdict: Callable[..., Verdict],
) -> None:
    every = rows()
    labels = every.labels.copy()
    # Four rows of another class than the model says, and only those.
    labels[:] = np.where(labels == 2, 1, labels)
    labels[np.flatnonzero(labels == 0)[:4]] = 2
    found = verdict(champion=None, holdout=Rows(every.features, labels), limits={"recall_floor": None})
    assert "recall of virginica: 0 of 4 found; too few to judge" in found.warnings
    assert "0 of 4 found; too few to judge" in found.short


def test_a_model_that_is_always_right_is_to_be_looked_at(verdict: Callable[..., Verdict]) -> None:
    assert any(found.startswith("too good to be true") for found in verdict(champion=None).warnings)
