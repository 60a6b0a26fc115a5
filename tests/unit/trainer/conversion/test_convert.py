"""The ONNX model where rounding would show: on thresholds, and on tied votes."""

import json
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import Pipeline

from trainer.bundle import parity
from trainer.candidates import Candidate
from trainer.contract.columns import Number
from trainer.conversion.convert import to_onnx
from trainer.conversion.row_order import row_cells
from trainer.conversion.trees import Tree, trees_of
from trainer.data.encoding import encode
from trainer.estimators import ESTIMATORS, estimators_for
from trainer.training.pipeline import build, fit

DATA = {"three classes": load_iris, "two classes": load_breast_cancer}
SMALL: dict[str, dict[str, Any]] = {
    "LogisticRegression": {"max_iter": 5000},
    "GradientBoostingClassifier": {"n_estimators": 15},
    "HistGradientBoostingClassifier": {"max_iter": 15},
    # They stop after a few rounds: what they answer matters, not how well.
    "MLPClassifier": {"hidden_layer_sizes": 8, "tol": 1e9, "n_iter_no_change": 2},
    "MLPRegressor": {"hidden_layer_sizes": 8, "tol": 1e9, "n_iter_no_change": 2},
}
# Those that hold others are in test_every_estimator.py.
ALONE = {
    task: [name for name in estimators_for(task) if not ESTIMATORS[name].form.startswith("of ")]
    for task in ("classification", "regression")
}
MODELS = [*ALONE["classification"], "shallow forest"]
TREES = [name for name in estimators_for("classification") if "Forest" in name or "Trees" in name or "Boosting" in name]


def pipeline_of(name: str, columns: tuple[Number, ...] = ()) -> Pipeline:
    settings: dict[str, Any] = {"n_estimators": 40} if "Forest" in name or "ExtraTrees" in name else SMALL.get(name, {})
    if name == "shallow forest":
        name, settings = "RandomForestClassifier", {"n_estimators": 40, "max_depth": 2}
    return build(Candidate(estimator=name, settings=settings), 1, None, columns)


def fitted(model: str, data: str) -> tuple[Pipeline, pd.DataFrame, int]:
    features, labels = DATA[data](return_X_y=True, as_frame=True)
    return fit(pipeline_of(model), features, labels.to_numpy()), features, int(labels.nunique())


@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize("name", ALONE["regression"])
def test_a_value_is_the_same_in_onnx_with_and_without_missing_numbers(name: str, gaps: bool) -> None:
    features, values = load_diabetes(return_X_y=True, as_frame=True)
    draw = np.random.default_rng(3)
    rows = pd.DataFrame(draw.uniform(-0.1, 0.1, (3000, 10)).astype(np.float32), columns=features.columns)
    rows = pd.concat([features, rows.astype(np.float64)], ignore_index=True)
    if gaps:
        features, rows = (table.mask(draw.random(table.shape) < 0.2) for table in (features, rows))
    columns = tuple(
        Number(name=one, dtype="float64", unit="", minimum=-1, maximum=1, description="", nullable=gaps)
        for one in features.columns
    )
    pipeline = fit(pipeline_of(name, columns), features, values.to_numpy())
    (answers,) = parity.run(to_onnx(pipeline, 10, 0), encode(rows, columns), ["value"])
    assert np.abs(answers - pipeline.predict(rows)).max() / (values.max() - values.min()) < 1e-6


# Of rows at the same distance scikit-learn takes any as the nearest; filled gaps and iris have many of them.
@pytest.mark.parametrize("name", sorted({*ALONE["classification"]} - {"KNeighborsClassifier"}))
def test_missing_numbers_are_answered_as_scikit_learn_does(name: str) -> None:
    features, labels = load_iris(return_X_y=True, as_frame=True)
    features = features.mask(np.random.default_rng(3).random(features.shape) < 0.2)
    columns = tuple(
        Number(name=one, dtype="float64", unit="", minimum=0, maximum=9, description="", nullable=True)
        for one in features.columns
    )
    pipeline = fit(pipeline_of(name, columns), features, labels.to_numpy())
    assert parity.check(to_onnx(pipeline, 4, 3), pipeline, features, tolerance=1e-6, columns=columns).rows == 150


@pytest.mark.parametrize("data", sorted(DATA))
@pytest.mark.parametrize("model", MODELS)
def test_onnx_answers_as_scikit_learn_on_data_and_random_rows(model: str, data: str) -> None:
    pipeline, features, classes = fitted(model, data)
    low, high = features.min(axis=0).to_numpy(), features.max(axis=0).to_numpy()
    drawn = np.random.default_rng(1).uniform(low, high, (3000, features.shape[1])).astype(np.float32)
    rows = pd.concat([features, pd.DataFrame(drawn.astype(np.float64), columns=features.columns)])
    assert parity.check(to_onnx(pipeline, features.shape[1], classes), pipeline, rows, tolerance=1e-6).rows > 3000


def test_trees_say_where_their_splits_cut_the_features_they_ask_for_most() -> None:
    for name in ("LogisticRegression", *TREES):
        pipeline, features, classes = fitted(name, "three classes")
        model = onnx.load_from_string(to_onnx(pipeline, features.shape[1], classes))
        named = {entry.key: entry.value for entry in model.metadata_props}
        if name == "LogisticRegression":
            assert named == {}
            continue
        thresholds: dict[int, list[float]] = {}
        for one in trees_of(pipeline.named_steps["model"]):
            for column, threshold in zip(one.asked, one.thresholds, strict=True):
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
    assert row_cells(trees_of(forest)) == []


@pytest.mark.parametrize("data", sorted(DATA))
@pytest.mark.parametrize("model", TREES)
def test_a_value_on_a_threshold_goes_the_same_way(model: str, data: str) -> None:
    pipeline, features, classes = fitted(model, data)
    rows = on_thresholds(pipeline, features)
    assert parity.check(to_onnx(pipeline, features.shape[1], classes), pipeline, rows, tolerance=1e-6).rows > 100


def on_thresholds(pipeline: Pipeline, features: pd.DataFrame) -> pd.DataFrame:
    """For every split a row whose value is the float32 nearest to the threshold, and its two neighbours."""
    trees: list[Tree] = trees_of(pipeline.named_steps["model"])
    rows: list[npt.NDArray[np.float64]] = []
    for tree in trees:
        for column, threshold in zip(tree.asked, tree.thresholds, strict=True):
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
    tied: npt.NDArray[np.bool_] = ranked[:, -1] == ranked[:, -2]
    return rows[tied]


def test_the_names_and_shapes_are_those_of_the_format() -> None:
    pipeline, features, classes = fitted("RandomForestClassifier", "three classes")
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
    pipeline, features, classes = fitted("RandomForestClassifier", "three classes")
    content = to_onnx(pipeline, features.shape[1], classes)
    labels, shares = parity.answer(content, features)
    for place in (0, 70, 149):
        alone, its_shares = parity.answer(content, features.iloc[[place]])
        assert (alone.tolist(), its_shares.tolist()) == ([labels[place]], [shares[place].tolist()])
