"""The label that an adopted model answers: the most probable class, at a tie the library's own, and no other rule."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import pytest
import xgboost
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from tests.unit.trainer.adoption.conftest import Adopting
from trainer.bundle.bundle import read_bundle
from trainer.bundle.parity import run
from trainer.errors import AdoptionError, UnconvertibleError
from trainer.workspace.layout import Layout

NUMBERS = ["fare", "deck"]
REFUSED: dict[str, Callable[[], Any]] = {
    "fixed": lambda: FixedThresholdClassifier(LogisticRegression(max_iter=1000), threshold=0.8, pos_label="yes"),
    "fixed, at one half": lambda: FixedThresholdClassifier(
        LogisticRegression(max_iter=1000), threshold=0.5, pos_label="yes"
    ),
    "fixed, of the scores": lambda: FixedThresholdClassifier(
        LogisticRegression(max_iter=1000), threshold=0.0, response_method="decision_function", pos_label="yes"
    ),
    "tuned": lambda: TunedThresholdClassifierCV(LogisticRegression(max_iter=1000), scoring="accuracy", cv=3),
    "behind a scaler": lambda: make_pipeline(
        StandardScaler(), FixedThresholdClassifier(LogisticRegression(), threshold=0.5, pos_label="yes")
    ),
}
TIED: dict[str, Callable[[], Any]] = {
    "a tree": DecisionTreeClassifier,
    "LightGBM": lambda: lightgbm.LGBMClassifier(n_estimators=3, boost_from_average=False, verbose=-1, n_jobs=1),
    "XGBoost": lambda: xgboost.XGBClassifier(n_estimators=3, base_score=0.5, n_jobs=1),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_threshold_is_refused_with_the_model_to_adopt(name: str, table: pd.DataFrame, adopting: Adopting) -> None:
    """At one half, too: a tie is the positive class by a threshold, and the first one by the most probable class."""
    model = REFUSED[name]().fit(table[NUMBERS], table["lived"])
    with pytest.raises((AdoptionError, UnconvertibleError), match=r"ThresholdClassifier.* inside it"):
        adopting(model, table[[*NUMBERS, "lived"]])


@pytest.mark.parametrize("name", TIED)
def test_a_tie_is_answered_as_the_library_does(name: str, adopting: Adopting, tmp_path: Path) -> None:
    """On deck 3 as many lived as not."""
    decks = pd.DataFrame({"deck": np.tile([1, 2, 3], 120), "lived": np.tile([1, 0, 1, 1, 0, 0], 60)})
    model = TIED[name]().fit(decks[["deck"]], decks["lived"])
    shares = model.predict_proba(decks[["deck"]])
    assert (shares[2::3, 0] == shares[2::3, 1]).all()
    adopting(model, decks, target="lived")
    served = (read_bundle(Layout(tmp_path / "made")).path / "model.onnx").read_bytes()
    (labels,) = run(served, decks[["deck"]].to_numpy(np.float32), ["label"])
    assert (labels == model.predict(decks[["deck"]])).all()
