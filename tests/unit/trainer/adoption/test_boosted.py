"""LightGBM's and XGBoost's own files are adopted without TRUST=1, as scikit-learn's pickles are with it."""

from pathlib import Path
from typing import Any

import lightgbm
import pandas as pd
import pytest
import xgboost

from tests.unit.trainer.adoption.conftest import Adopting
from trainer.adoption.loading import load
from trainer.adoption.making import ProofTable, make
from trainer.adoption.origin import of_path
from trainer.bundle.bundle import read_bundle
from trainer.errors import AdoptionError
from trainer.params import Params
from trainer.workspace.layout import Layout


def saved(library: str, rows: pd.DataFrame, labels: Any, folder: Path) -> Path:
    if library == "lightgbm":
        light = lightgbm.LGBMClassifier(n_estimators=20, verbose=-1, n_jobs=1).fit(rows, labels)
        light.booster_.save_model(folder / "model.txt")
        return folder / "model.txt"
    xgboost.XGBClassifier(n_estimators=20, n_jobs=1).fit(rows, labels).save_model(folder / f"model.{library}")
    return folder / f"model.{library}"


@pytest.mark.parametrize("library", ["lightgbm", "json", "ubj"])
def test_a_boosted_model_of_numbers_with_gaps_answers_the_same_in_onnx(
    library: str, table: pd.DataFrame, tmp_path: Path, fast: Params
) -> None:
    frame = table[["age", "fare", "deck", "lived"]]
    path = saved(library, frame.drop(columns="lived"), (frame["lived"] == "yes").astype(int), tmp_path)
    found = of_path(path)
    proof = ProofTable(frame.to_csv(index=False).encode(), "passengers.csv", None, own=False)

    made = make(Layout(tmp_path / "made"), found, proof, None, "lived", fast)

    assert not found.runs_code
    assert made.parity <= 1e-5
    assert made.notes == ["the model answers 0 to 1: taken for no, yes, in this order"]
    manifest = read_bundle(Layout(tmp_path / "made")).manifest
    assert [one["name"] for one in manifest["features"]] == ["age", "fare", "deck"]
    assert manifest["features"][0]["nullable"]


@pytest.mark.parametrize("library", ["lightgbm", "xgboost"])
def test_pandas_categories_are_refused_with_what_to_use(library: str, table: pd.DataFrame, adopting: Adopting) -> None:
    rows = table[["fare", "sex"]].astype({"sex": "category"})
    labels = (table["lived"] == "yes").astype(int)
    model: Any = lightgbm.LGBMClassifier(n_estimators=5, verbose=-1, n_jobs=1, min_child_samples=5)
    if library == "xgboost":
        model = xgboost.XGBClassifier(n_estimators=5, n_jobs=1, enable_categorical=True)
    with pytest.raises(AdoptionError, match=r"splits by pandas' categories .*OrdinalEncoder"):
        adopting(model.fit(rows, labels), table[["fare", "sex", "lived"]], target="lived")


def test_a_ranking_is_refused_as_one(table: pd.DataFrame, tmp_path: Path) -> None:
    ranker = xgboost.XGBRanker(n_estimators=2, n_jobs=1)
    ranker.fit(table[["fare"]], table["deck"], qid=[0] * len(table)).save_model(tmp_path / "model.json")
    with pytest.raises(AdoptionError, match=r"model\.json ranks rows \(rank:"):
        load(of_path(tmp_path / "model.json"))


def test_a_damaged_count_of_numbers_is_refused_before_it_takes_the_memory(table: pd.DataFrame, tmp_path: Path) -> None:
    path = saved("ubj", table[["fare"]], (table["lived"] == "yes").astype(int), tmp_path)
    content, numbers = path.read_bytes(), b"[$l#L"
    count = content.index(numbers) + len(numbers)
    # 400 million numbers of eight bytes: with that much memory, the library reads past the end of the file.
    path.write_bytes(content[:count] + (400_000_000).to_bytes(8, "big") + content[count + 8 :])
    with pytest.raises(AdoptionError, match=r"model\.ubj can't be read as an XGBoost model \(.*\): it is damaged"):
        load(of_path(path))
