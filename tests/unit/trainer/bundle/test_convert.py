"""The ONNX model where rounding would show: on thresholds, and on tied votes."""

import json
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from trainer.bundle import parity
from trainer.bundle.convert import to_onnx
from trainer.bundle.neighbours import row_cells

DATA = {"three classes": load_iris, "two classes": load_breast_cancer}
MODELS: dict[str, Any] = {
    "linear": lambda: Pipeline([("scale", StandardScaler()), ("model", LogisticRegression(max_iter=5000))]),
    "forest": lambda: Pipeline([("model", RandomForestClassifier(n_estimators=40, random_state=1))]),
    "shallow forest": lambda: Pipeline(
        [("model", RandomForestClassifier(n_estimators=40, max_depth=2, random_state=1))]
    ),
    "boosted": lambda: Pipeline([("model", GradientBoostingClassifier(n_estimators=15, random_state=1))]),
}


def fitted(model: str, data: str) -> tuple[Pipeline, pd.DataFrame, int]:
    features, labels = DATA[data](return_X_y=True, as_frame=True)
    return MODELS[model]().fit(features, labels.to_numpy()), features, int(labels.nunique())


@pytest.mark.parametrize("data", sorted(DATA))
@pytest.mark.parametrize("model", sorted(MODELS))
def test_onnx_answers_as_scikit_learn_on_data_and_random_rows(model: str, data: str) -> None:
    pipeline, features, classes = fitted(model, data)
    low, high = features.min(axis=0).to_numpy(), features.max(axis=0).to_numpy()
    drawn = np.random.default_rng(1).uniform(low, high, (3000, features.shape[1])).astype(np.float32)
    rows = pd.concat([features, pd.DataFrame(drawn.astype(np.float64), columns=features.columns)])
    assert parity.check(to_onnx(pipeline, features.shape[1], classes), pipeline, rows, tolerance=1e-6).rows > 3000


def test_trees_say_where_their_splits_cut_the_features_they_ask_for_most() -> None:
    for name in MODELS:
        pipeline, features, classes = fitted(name, "three classes")
        model = onnx.load_from_string(to_onnx(pipeline, features.shape[1], classes))
        named = {entry.key: entry.value for entry in model.metadata_props}
        if name == "linear":
            assert named == {}
            continue
        thresholds: dict[int, list[float]] = {}
        for one in np.ravel(pipeline.named_steps["model"].estimators_):
            for column, threshold in zip(one.tree_.feature, one.tree_.threshold, strict=True):
                if column >= 0:
                    thresholds.setdefault(column, []).append(threshold)
        cells = json.loads(named["row_cells"])
        splits = [len(thresholds[place]) for place, _ in cells]
        assert splits == sorted(map(len, thresholds.values()), reverse=True)[:4]
        for place, cuts in cells:
            assert cuts == sorted(set(cuts))
            assert 1 <= len(cuts) <= 7
            assert set(cuts) <= set(thresholds[place])


def test_trees_that_never_split_name_no_cells() -> None:
    forest = RandomForestClassifier(n_estimators=2).fit(np.zeros((4, 2)), [0, 1, 0, 1])
    assert row_cells(forest) == []


@pytest.mark.parametrize("data", sorted(DATA))
@pytest.mark.parametrize("model", ["forest", "boosted"])
def test_a_value_on_a_threshold_goes_the_same_way(model: str, data: str) -> None:
    pipeline, features, classes = fitted(model, data)
    rows = on_thresholds(pipeline, features)
    assert parity.check(to_onnx(pipeline, features.shape[1], classes), pipeline, rows, tolerance=1e-6).rows > 100


def on_thresholds(pipeline: Pipeline, features: pd.DataFrame) -> pd.DataFrame:
    """For every split a row whose value is the float32 nearest to the threshold, and its two neighbours."""
    trees = [one.tree_ for one in np.ravel(pipeline.named_steps["model"].estimators_)]
    rows = []
    for tree in trees:
        for column, threshold in zip(tree.feature, tree.threshold, strict=True):
            if column < 0:
                continue
            nearest = np.float32(threshold)
            for value in (nearest, np.nextafter(nearest, np.float32(-9e9)), np.nextafter(nearest, np.float32(9e9))):
                row = features.iloc[len(rows) % len(features)].to_numpy(dtype=np.float64, copy=True)
                row[column] = value
                rows.append(row)
    return pd.DataFrame(rows, columns=features.columns)


@pytest.mark.parametrize("classes", [2, 3])
def test_a_tied_vote_goes_to_the_first_class_as_in_scikit_learn(classes: int) -> None:
    # Each tree has seen one class only, apart from one row, so every class gets a third or a half of the votes.
    features = pd.DataFrame({"x": np.repeat(np.arange(float(classes)), 30)})
    pipeline = Pipeline([("model", RandomForestClassifier(n_estimators=4 * classes, random_state=3, max_depth=1))])
    pipeline.fit(features, np.repeat(np.arange(classes), 30))
    rows = tied_rows(pipeline, classes)
    assert len(rows), "the forest has no tie to break"
    expected = pipeline.predict_proba(rows)
    labels, shares = parity.answer(to_onnx(pipeline, 1, classes), rows)
    assert np.array_equal(labels, expected.argmax(axis=1))
    assert np.abs(shares - expected).max() < 1e-7


def tied_rows(pipeline: Pipeline, classes: int) -> pd.DataFrame:
    """Rows on which the votes are tied, made by giving each tree's leaves whole votes."""
    for number, tree in enumerate(pipeline.named_steps["model"].estimators_):
        votes: npt.NDArray[np.float64] = tree.tree_.value
        votes[:] = 0
        votes[:, 0, number % classes] = 1
    rows = pd.DataFrame({"x": [0.0, 0.7, 1.4, 5.0]})
    ranked = np.sort(pipeline.predict_proba(rows), axis=1)
    return rows[ranked[:, -1] == ranked[:, -2]]


def test_the_names_and_shapes_are_those_of_the_format() -> None:
    pipeline, features, classes = fitted("forest", "three classes")
    content = to_onnx(pipeline, features.shape[1], classes)
    model = onnx.load_from_string(content)
    described = {
        one.name: (one.type.tensor_type.elem_type, [axis.dim_value for axis in one.type.tensor_type.shape.dim])
        for one in (*model.graph.input, *model.graph.output)
    }
    assert described == {
        "features": (onnx.TensorProto.FLOAT, [0, 4]),
        "label": (onnx.TensorProto.INT64, [0]),
        "probabilities": (onnx.TensorProto.FLOAT, [0, 3]),
    }
    assert (model.graph.name, model.doc_string, model.graph.doc_string) == ("classifier", "", "")
    assert model.producer_version == ""
    assert content == to_onnx(pipeline, features.shape[1], classes)


def test_one_row_alone_is_answered_as_among_others() -> None:
    pipeline, features, classes = fitted("forest", "three classes")
    content = to_onnx(pipeline, features.shape[1], classes)
    labels, shares = parity.answer(content, features)
    for place in (0, 70, 149):
        alone, its_shares = parity.answer(content, features.iloc[[place]])
        assert (alone.tolist(), its_shares.tolist()) == ([labels[place]], [shares[place].tolist()])
