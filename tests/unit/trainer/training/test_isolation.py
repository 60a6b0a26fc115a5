"""The code of a user's own estimator runs in a process of its own: what it does there, the training survives."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from tests.unit.trainer.conftest import FAST
from trainer.contract.contract import Contract
from trainer.data.prepare import prepare
from trainer.errors import ParamsError, StageError
from trainer.params import Params
from trainer.training import isolation as module
from trainer.training.isolation import IsolatedProcess
from trainer.training.train import train
from trainer.workspace import canonical
from trainer.workspace.confined import MIB
from trainer.workspace.layout import Layout
from trainer.workspace.progress import Silent

ESTIMATORS = """
import ctypes, os
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

ACTS = {
    "crash": lambda: ctypes.string_at(0),
    "leave": lambda: os._exit(3),
    "eat": lambda: np.ones(2**28),
    "fail": lambda: [][0],
    "spin": lambda: sum(iter(int, 1)),
}

class Acting(LogisticRegression):
    def __init__(self, act="crash"):
        super().__init__()
        self.act = act

    def fit(self, rows, labels, sample_weight=None):
        ACTS[self.act]()

def make(act):
    return Acting(act)

def make_now(act):
    ACTS[act]()

def nameless():
    return make_pipeline(FunctionTransformer(lambda rows: rows), LogisticRegression())
"""


@pytest.fixture
def training(layout: Layout, iris: Contract) -> Callable[..., dict[str, Any]]:
    """Trains candidates that are functions of models/acting.py, and a linear one unless they are to be alone."""
    prepare(layout, iris)
    (layout.root / "models").mkdir(exist_ok=True)
    (layout.root / "models" / "acting.py").write_text(ESTIMATORS)

    def run(minutes: float = 10, *, alone: bool = False, **functions: dict[str, Any]) -> dict[str, Any]:
        candidates = {} if alone else {"linear": {"estimator": "LogisticRegression"}}
        params = Params.model_validate(FAST | {"candidates": functions | candidates, "budget_minutes": minutes})
        return train(layout, iris, params, Silent())

    return run


def acting(act: str) -> dict[str, Any]:
    return {"estimator": "acting:make", "settings": {"act": act}}


def test_estimators_that_end_their_process_are_left_out_and_the_others_are_trained(
    training: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "free_memory", lambda: 1024 * MIB)
    acts = ("crash", "leave", "eat", "fail")
    report = training(**{act: acting(act) for act in acts}, nameless={"estimator": "acting:nameless"})
    assert report["winner"] == "linear"
    ended, memory = "acting:make ended its process with", "the 1024 MiB of free memory"
    crashed = f"a library that it uses crashed, or wanted more than {memory}"
    advice = "give it other settings, or use another estimator"
    code = "define its functions and classes at the top of models/acting.py, outside other functions and without lambda"
    nameless = report["left_out"].pop("nameless")
    assert re.fullmatch(rf"acting:nameless can't be saved \(.*lambda.*\): {code}", nameless)
    assert report["left_out"] == {
        "crash": f"{ended} signal SIGSEGV: {crashed}; {advice}",
        "leave": f"{ended} status 3: {crashed}; {advice}",
        "eat": f"acting:make wanted more than {memory}",
        "fail": "acting:make: IndexError: list index out of range",
    }


def test_a_loop_in_a_library_is_ended_by_the_clock(training: Callable[..., dict[str, Any]]) -> None:
    with pytest.raises(StageError, match=r"acting:make was not fitted within 0\.02 min.*budget_minutes larger"):
        training(minutes=0.01, alone=True, mine=acting("spin"))


def test_a_function_that_ends_its_process_is_named_before_any_training(
    training: Callable[..., dict[str, Any]],
) -> None:
    with pytest.raises(ParamsError, match=r"params\.yaml: acting:make_now ended its process with signal SIGSEGV"):
        training(mine={"estimator": "acting:make_now", "settings": {"act": "crash"}})


def test_a_fit_apart_gives_the_same_bytes_as_one_here(tmp_path: Path) -> None:
    rows = np.random.default_rng(1).normal(size=(80, 3))
    forest, labels = RandomForestClassifier(5, random_state=1), (rows[:, 0] > rows[:, 1]).astype(int)
    with IsolatedProcess(tmp_path, threads=1, seconds=120) as process:
        there = process.asked_for("mine:make", 120, "late")(RandomForestClassifier.fit, forest, rows, labels)
    assert canonical.dump(there) == canonical.dump(forest.fit(rows, labels))


def test_a_process_that_was_asked_several_times_answers_each(tmp_path: Path) -> None:
    with IsolatedProcess(tmp_path, threads=1, seconds=120) as process:
        ask = process.asked_for("mine:make", 120, "late")
        assert [ask(max, 1, 2), ask(min, 1, 2)] == [2, 1]
        with pytest.raises(ValueError, match="invalid literal"):
            ask(int, "a")
        assert ask(len, "abc") == 3
