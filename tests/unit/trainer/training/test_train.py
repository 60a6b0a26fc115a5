"""Stage `train`: the winner, and the report on all candidates."""

import json
import re
from collections.abc import Callable

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from trainer.contract.contract import Contract
from trainer.data.prepare import prepare
from trainer.errors import ParamsError, StageError
from trainer.params import Params
from trainer.training.train import train
from trainer.workspace import canonical
from trainer.workspace.layout import Layout
from trainer.workspace.progress import Silent


class Heard:
    """Keeps the messages it gets."""

    def __init__(self) -> None:
        self.steps: list[str] = []

    def step(self, text: str) -> None:
        self.steps.append(text)


def test_the_report_names_every_candidate_every_combination_and_the_winner(
    layout: Layout, iris: Contract, fast: Params
) -> None:
    prepare(layout, iris)
    report = train(layout, iris, fast, Silent())
    assert report == json.loads(layout.report.read_bytes())
    assert list(report["candidates"]) == ["linear", "forest"]
    assert [one["params"] for one in report["candidates"]["linear"]["grid"]] == [{"C": 0.1}, {"C": 1.0}]
    assert report["rows"]["training"] + report["rows"]["holdout"] == 150
    scores = {name: one["cross_validation"]["score"] for name, one in report["candidates"].items()}
    assert scores[report["winner"]] == max(scores.values())
    assert min(one["holdout"]["accuracy"] for one in report["candidates"].values()) > 0.8
    winner = canonical.load(layout.winner.read_bytes())
    assert type(winner.named_steps["model"]).__name__ == report["candidates"][report["winner"]]["estimator"]


def test_each_candidate_has_a_confusion_matrix_as_a_picture(layout: Layout, iris: Contract, fast: Params) -> None:
    prepare(layout, iris)
    train(layout, iris, fast, Silent())
    for name in fast.candidates:
        assert layout.plot(name).read_bytes().startswith(b"\x89PNG")


def test_timings_are_kept_beside_and_everything_else_is_the_same_bytes_again(
    layout: Layout, iris: Contract, fast: Params
) -> None:
    prepare(layout, iris)
    train(layout, iris, fast, Silent())
    files = sorted(file for file in layout.train.rglob("*") if file.is_file())
    before = [file.read_bytes() for file in files]
    train(layout, iris, fast, Silent())
    assert [file.read_bytes() for file in files] == before
    assert not layout.timings.is_relative_to(layout.train)
    assert set(json.loads(layout.timings.read_bytes())) == {"linear", "forest"}


def test_the_latency_of_each_candidate_that_has_one_is_among_the_timings(
    layout: Layout, iris: Contract, fast: Params
) -> None:
    def latency(pipeline: Pipeline, _rows: object) -> float | None:
        return 0.25 if isinstance(pipeline[-1], LogisticRegression) else None

    prepare(layout, iris)
    train(layout, iris, fast, Silent(), latency=latency)
    timings = json.loads(layout.timings.read_bytes())
    assert timings["linear"]["p99_ms"] == 0.25
    assert "p99_ms" not in timings["forest"]


def test_every_step_of_every_candidate_is_reported(layout: Layout, iris: Contract, fast: Params) -> None:
    prepare(layout, iris)
    heard = Heard()
    train(layout, iris, fast, heard)
    names = [re.sub(r"^step \d of 5[^:]*: ", "", step).partition(":")[0] for step in heard.steps]
    assert names == ["linear"] * 3 + ["forest"] * 2 + ["linear", "comparing the latency of the candidates"]


def test_a_mistake_in_the_last_candidate_is_reported_before_the_first_is_trained(
    layout: Layout, iris: Contract, fast_with: Callable[..., Params]
) -> None:
    prepare(layout, iris)
    heard = Heard()
    wrong = {
        "linear": {"estimator": "LogisticRegression"},
        "forest": {"estimator": "RandomForestClassifier", "grid": {"trees": [1]}},
    }
    with pytest.raises(ParamsError, match="has no argument trees"):
        train(layout, iris, fast_with(candidates=wrong), heard)
    assert heard.steps == []


def test_without_data_the_missing_stage_is_named(layout: Layout, iris: Contract, fast: Params) -> None:
    with pytest.raises(StageError, match=r"iris\.csv is not there; run `python -m trainer prepare`"):
        train(layout, iris, fast, Silent())


def test_the_best_that_can_serve_wins_and_why_a_better_one_lost_is_in_the_report(
    layout: Layout, iris: Contract, fast: Params
) -> None:
    prepare(layout, iris)
    best = train(layout, iris, fast, Silent())["winner"]
    report = train(layout, iris, fast, Silent(), lambda model, _: None if len(model) == 1 else "it is 102 MB")
    assert (best, report["winner"]) == ("linear", "forest")
    assert report["left_out"] == {"linear": "it can't serve: it is 102 MB"}
    with pytest.raises(
        StageError, match=r"no candidate of params\.yaml can serve:\n  linear: it can't serve: too slow"
    ):
        train(layout, iris, fast, Silent(), lambda _, __: "too slow")


def test_a_candidate_that_cannot_be_fitted_is_left_out_with_its_reason(
    layout: Layout, iris: Contract, fast_with: Callable[..., Params]
) -> None:
    prepare(layout, iris)
    odd = {"estimator": "LogisticRegression", "settings": {"solver": "newton-cholesky", "l1_ratio": 0.5}}
    report = train(layout, iris, fast_with(candidates={"odd": odd, "naive": {"estimator": "GaussianNB"}}), Silent())
    assert report["winner"] == "naive"
    assert "newton-cholesky" in report["left_out"]["odd"]


def test_a_boosted_model_of_too_many_trees_is_left_out_before_it_is_fitted(
    layout: Layout, iris: Contract, fast_with: Callable[..., Params]
) -> None:
    prepare(layout, iris)
    many = {"estimator": "HistGradientBoostingClassifier", "settings": {"max_iter": 1_000_000}}
    report = train(layout, iris, fast_with(candidates={"many": many, "naive": {"estimator": "GaussianNB"}}), Silent())
    assert report["winner"] == "naive"
    assert "set candidates.many.settings.max_iter in params.yaml to 6666 or less" in report["left_out"]["many"]


def test_once_the_budget_is_used_up_what_is_left_is_not_tried(
    layout: Layout, iris: Contract, fast_with: Callable[..., Params]
) -> None:
    prepare(layout, iris)
    report = train(layout, iris, fast_with(budget_minutes=1e-9), Silent())
    assert len(report["candidates"]["linear"]["grid"]) == 1
    assert report["left_out"] == {"forest": "not tried: budget_minutes 1e-09 of params.yaml was used up"}


def test_the_report_holds_what_a_guess_reaches_on_the_same_folds(layout: Layout, iris: Contract, fast: Params) -> None:
    prepare(layout, iris)
    guessed = train(layout, iris, fast, Silent())["guess"]
    assert guessed["roc_auc"] == 0.5
    assert 0.2 < guessed["accuracy"] < 0.4


HANGING = """
from sklearn.linear_model import LogisticRegression

class Hanging(LogisticRegression):
    def fit(self, rows, labels, sample_weight=None):
        while True:
            pass

def make():
    return Hanging()
"""


def test_a_fit_of_ones_own_that_never_ends_is_left_out_with_the_key_to_change(
    layout: Layout, iris: Contract, fast: Params
) -> None:
    prepare(layout, iris)
    (layout.root / "models").mkdir(exist_ok=True)
    (layout.root / "models" / "hanging.py").write_text(HANGING)
    page = fast.model_dump(mode="json")
    forest = page["candidates"]["forest"]
    params = Params.model_validate(
        page | {"budget_minutes": 0.01, "candidates": {"mine": {"estimator": "hanging:make"}, "forest": forest}}
    )
    with pytest.raises(StageError, match=r"hanging:make was not fitted within 0\.02 min.*budget_minutes larger"):
        train(layout, iris, params, Silent())
