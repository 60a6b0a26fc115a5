"""A fitted model becomes a bundle whose ONNX model answers as it does, or is refused by name."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pandas as pd
import pytest
import yaml
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import (
    GradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler, TargetEncoder

from tests.unit.trainer.adoption.conftest import Adopting, bundle_in, codes, iris_frame, plain
from trainer.contract.contract import Contract
from trainer.workspace.layout import Layout

NUMBERS, TEXTS = ["age", "fare"], ["sex", "port"]


def prepared(*, texts: Any, deck: Any = "passthrough", alone: Any = "passthrough") -> ColumnTransformer:
    numbers = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    return ColumnTransformer(
        [("numbers", numbers, NUMBERS), ("texts", texts, TEXTS), ("deck", deck, ["deck"]), ("alone", alone, ["alone"])]
    )


ONE_HOT = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
PIPELINES = {
    "one-hot behind an imputer": (prepared(texts=ONE_HOT), LogisticRegression()),
    "one-hot with missing as a category, first dropped": (
        prepared(texts=OneHotEncoder(drop="first", handle_unknown="ignore", sparse_output=False)),
        RandomForestClassifier(20, random_state=0),
    ),
    "ordinal with a code for what is unknown": (
        prepared(
            texts=OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2),
            deck=OneHotEncoder(),
            alone=OneHotEncoder(),
        ),
        GradientBoostingClassifier(n_estimators=20, random_state=0),
    ),
    "means of the target": (
        prepared(texts=TargetEncoder(cv=KFold(3)), deck=OneHotEncoder(handle_unknown="ignore", min_frequency=20)),
        RandomForestClassifier(20, random_state=0),
    ),
}


@pytest.mark.parametrize("name", PIPELINES)
def test_a_pipeline_of_raw_columns_answers_the_same_in_onnx_and_its_columns_are_the_contracts(
    name: str, table: pd.DataFrame, adopting: Adopting, tmp_path: Path
) -> None:
    before, last = PIPELINES[name]
    model = Pipeline([("before", before), ("last", last)]).fit(table.drop(columns="lived"), table["lived"])

    made = adopting(model, table)

    assert made.parity <= 1e-5
    manifest = bundle_in(tmp_path).manifest
    kinds = {one["name"]: one["kind"] for one in manifest["features"]}
    assert kinds == {
        "age": "number", "fare": "number", "deck": "number", "sex": "category", "port": "category", "alone": "boolean",
    }  # fmt: skip
    assert manifest["target"]["classes"] == ["no", "yes"]
    assert manifest["estimator"] == type(last).__name__


def encoded() -> Pipeline:
    before = ColumnTransformer([("texts", ONE_HOT, TEXTS), ("numbers", SimpleImputer(), NUMBERS)])
    return Pipeline([("before", before), ("last", RandomForestClassifier(10, random_state=0))])


AROUND: dict[str, Any] = {
    "a search": GridSearchCV(encoded(), {"last__max_depth": [3, 5]}, cv=3),
    "a calibration, each fold with encoders of its own": CalibratedClassifierCV(encoded(), cv=3),
    "a vote with another pipeline": VotingClassifier([("one", encoded()), ("two", encoded())], voting="soft"),
    "a stack": StackingClassifier([("one", encoded()), ("two", encoded())], cv=3),
}


@pytest.mark.parametrize("name", AROUND)
def test_an_estimator_around_pipelines_of_raw_columns_answers_the_same_and_wants_what_they_read(
    name: str, table: pd.DataFrame, adopting: Adopting, tmp_path: Path
) -> None:
    made = adopting(AROUND[name].fit(table.drop(columns="lived"), table["lived"]), table)
    assert made.parity <= 1e-5
    assert {one["name"] for one in bundle_in(tmp_path).manifest["features"]} == {*NUMBERS, *TEXTS}


def test_a_transformed_target_around_a_pipeline_and_the_columns_that_remain_are_adopted(
    table: pd.DataFrame, adopting: Adopting, tmp_path: Path
) -> None:
    frame = table.drop(columns=["lived", "ticket"]).assign(price=table["fare"] * 2 + table["deck"])
    before = ColumnTransformer([("texts", ONE_HOT, TEXTS), ("age", SimpleImputer(), ["age"])], remainder="passthrough")
    model = TransformedTargetRegressor(make_pipeline(before, Ridge()), func=np.log1p, inverse_func=np.expm1)
    assert adopting(model.fit(frame.drop(columns="price"), frame["price"]), frame).parity <= 1e-5
    assert len(bundle_in(tmp_path).manifest["features"]) == 6


def test_the_same_model_and_table_make_the_same_bundle(table: pd.DataFrame, adopting: Adopting, tmp_path: Path) -> None:
    before, last = PIPELINES["means of the target"]
    model = Pipeline([("before", before), ("last", last)]).fit(table.drop(columns="lived"), table["lived"])
    adopting(model, table)
    first = bundle_in(tmp_path).hash
    adopting(model, table)
    assert bundle_in(tmp_path).hash == first


def test_a_regressor_is_adopted_with_a_range_for_its_target(
    table: pd.DataFrame, adopting: Adopting, tmp_path: Path
) -> None:
    frame = table.drop(columns=["lived", "ticket"]).assign(price=table["fare"] * 2 + table["deck"])
    model = Pipeline([("before", prepared(texts=ONE_HOT)), ("last", Ridge())]).fit(
        frame.drop(columns="price"), frame["price"]
    )
    adopting(model, frame)
    manifest = bundle_in(tmp_path).manifest
    assert manifest["task"] == "regression"
    assert manifest["quality"]["r2"] > 0.9


def test_a_model_of_an_array_takes_the_tables_columns_in_order(
    adopting: Adopting, tmp_path: Path, iris: Contract
) -> None:
    frame = iris_frame()
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(
        frame[list(iris.features)].to_numpy(), codes(frame)
    )
    made = adopting(model, frame, committed=iris, own=True)
    assert made.page is None
    (note,) = adopting(model, frame, target="species").notes
    assert note == "the model answers 0 to 2: taken for setosa, versicolor, virginica, in this order"
    assert bundle_in(tmp_path).manifest["target"]["classes"] == ["setosa", "versicolor", "virginica"]


def test_columns_and_classes_in_another_order_than_the_committed_contracts_are_put_in_its_order(
    adopting: Adopting, tmp_path: Path, iris: Contract
) -> None:
    frame = iris_frame()
    names = list(reversed(iris.features))
    model = make_pipeline(StandardScaler(), GradientBoostingClassifier(n_estimators=10, random_state=0))
    model.fit(frame[names], frame["species"])
    target = iris.target.model_copy(update={"classes": ("virginica", "setosa", "versicolor")})
    adopting(model, frame, committed=iris.model_copy(update={"target": target}), own=True)

    found = bundle_in(tmp_path)
    assert [one["name"] for one in found.manifest["features"]] == list(iris.features)
    session = onnxruntime.InferenceSession(found.content("model.onnx"))
    label, shares = session.run(None, {"features": frame[list(iris.features)].to_numpy(np.float32)})
    classes = np.array(["virginica", "setosa", "versicolor"])
    assert classes[label].tolist() == model.predict(frame[names]).tolist()
    assert np.allclose(shares, model.predict_proba(frame[names])[:, [2, 0, 1]], atol=1e-5)


def test_columns_that_only_the_table_has_are_ignored_and_listed_in_the_contract(
    table: pd.DataFrame, adopting: Adopting
) -> None:
    before, last = PIPELINES["one-hot behind an imputer"]
    made = adopting(Pipeline([("before", before), ("last", last)]).fit(table, table["lived"]), table)
    assert made.page is not None
    assert yaml.safe_load(made.page)["ignore"] == ["ticket"]


def test_numbers_too_large_for_float32_keep_their_meaning(table: pd.DataFrame, adopting: Adopting) -> None:
    frame = table[["fare", "lived"]].assign(at=1.7e12 + table["deck"] * 8.64e7)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(frame[["fare", "at"]], frame["lived"])
    assert adopting(model, frame).parity <= 1e-5


def test_one_column_of_texts_is_a_table_whatever_transforms_it(table: pd.DataFrame, adopting: Adopting) -> None:
    class_of_words = ColumnTransformer([("words", CountVectorizer(), "sex"), ("rest", "passthrough", ["fare"])])
    model = make_pipeline(class_of_words, LogisticRegression(max_iter=1000)).fit(table, table["lived"])
    assert adopting(model, table[["sex", "fare", "lived"]]).parity <= 1e-5


def test_the_report_names_the_estimator_and_its_quality(
    table: pd.DataFrame, adopting: Adopting, tmp_path: Path
) -> None:
    adopting(plain(table), table[["fare", "deck", "lived"]])
    report = json.loads(Layout(tmp_path / "made").report.read_bytes())
    assert report["candidates"]["adopted"]["estimator"] == "LogisticRegression"
    assert "accuracy" in report["candidates"]["adopted"]["holdout"]
