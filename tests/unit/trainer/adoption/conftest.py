"""A table of passengers as a notebook has it, and models that a notebook would fit on it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from trainer.adoption.making import AdoptedBundle, ProofTable, make
from trainer.adoption.origin import of_path
from trainer.bundle.bundle import Bundle, read_bundle
from trainer.contract.contract import Contract
from trainer.params import Params
from trainer.workspace.layout import Layout

Adopting = Callable[..., AdoptedBundle]


def passengers(count: int = 400) -> pd.DataFrame:
    """Numbers with gaps, whole numbers, texts with gaps, truths, a column nobody reads; `lived` depends on them."""
    draw = np.random.default_rng(3)
    age, fare = draw.uniform(1, 80, count).round(1), draw.lognormal(3, 1, count).round(2)
    deck, sex = draw.integers(1, 4, count), draw.choice(["female", "male"], count)
    port = draw.choice(["Cork", "Southampton", "Cherbourg"], count)
    alone = draw.random(count) < 0.5
    score = (sex == "female") * 2.0 - deck * 0.5 + fare / 50 - age / 60 + alone * 0.4 + draw.normal(0, 0.3, count)
    frame = pd.DataFrame({"age": age, "fare": fare, "deck": deck, "sex": sex, "port": port, "alone": alone})
    frame["ticket"] = [f"T{number}" for number in range(count)]
    frame["lived"] = np.where(score > np.median(score), "yes", "no")
    frame.loc[draw.random(count) < 0.1, "age"] = np.nan
    frame.loc[draw.random(count) < 0.1, "port"] = None
    return frame


def iris_frame() -> pd.DataFrame:
    data = load_iris()
    names = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
    return pd.DataFrame(data.data, columns=names).assign(species=data.target_names[data.target])


def codes(frame: pd.DataFrame) -> Any:
    return frame["species"].astype("category").cat.codes.to_numpy()


def bundle_in(folder: Path) -> Bundle:
    return read_bundle(Layout(folder / "made"))


def plain(frame: pd.DataFrame) -> Any:
    return LogisticRegression(max_iter=1000).fit(frame[["fare", "deck"]], frame["lived"])


@pytest.fixture
def table() -> pd.DataFrame:
    return passengers()


@pytest.fixture
def adopting(tmp_path: Path, fast: Params) -> Adopting:
    """Adopts a fitted model, proved on a frame; everything made lies in `tmp_path / "made"`."""

    def adopt(
        model: Any,
        frame: pd.DataFrame,
        *,
        committed: Contract | None = None,
        target: str | None = None,
        own: bool = False,
    ) -> AdoptedBundle:
        path = tmp_path / "model.joblib"
        joblib.dump(model, path)
        proof = ProofTable(frame.to_csv(index=False).encode(), "passengers.csv", None, own)
        return make(Layout(tmp_path / "made"), of_path(path), proof, committed, target, fast)

    return adopt
