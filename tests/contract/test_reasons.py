"""Reasons: the trainer writes the arrays, the api computes the contributions, the courier keeps them."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from lightgbm import LGBMClassifier
from sklearn.pipeline import Pipeline

from tests.support.matrix import Drawn, candidate, fitted, table
from tests.support.reasons import by_subsets, explained, explainer_of
from trainer.bundle.additive import Trees, additive
from trainer.bundle.reasons import reasons_of

LINEAR = ("LogisticRegression", "LinearSVC", "Ridge", "ElasticNet", "LinearSVR")


TREES = ("RandomForest", "ExtraTrees", "GradientBoosting", "HistGradientBoosting", "LGBM", "XGB")


EXACT = [
    *((name, classes) for name in LINEAR[:2] for classes in (2, 5)),
    *((name, 0) for name in LINEAR[2:]),
    *((f"{name}Classifier", classes) for name in TREES for classes in (2, 5)),
    *((f"{name}Regressor", 0) for name in TREES),
]


def raw_scores(pipeline: Pipeline, drawn: Drawn) -> npt.NDArray[np.float64]:
    """[n, outputs], by the library itself."""
    model = pipeline.named_steps["model"]
    rows = pipeline[:-1].transform(drawn.rows) if len(pipeline) > 1 else drawn.rows
    name = type(model).__name__
    if name == "CalibratedClassifierCV":
        found = model.calibrated_classifiers_[0].estimator.decision_function(rows)
    elif name in ("RandomForestClassifier", "ExtraTreesClassifier"):
        found = model.predict_proba(rows)
    elif name.startswith("XGB"):
        found = model.predict(rows, output_margin=True)
    elif name.startswith("LGBM"):
        found = model.predict(rows, raw_score=True)
    else:
        found = model.decision_function(rows) if drawn.contract.target.classes else model.predict(rows)
    return np.asarray(found, dtype=np.float64).reshape(len(rows), -1)


@pytest.mark.parametrize("kind", ["gaps", "categories"])
@pytest.mark.parametrize(("name", "classes"), EXACT)
def test_base_and_contributions_add_up_to_the_raw_score_on_every_row(name: str, classes: int, kind: str) -> None:
    drawn = table(kind, classes, rows=150)
    pipeline = fitted(candidate(name), drawn)
    raw = raw_scores(pipeline, drawn)
    labels = [row % max(classes, 1) for row in range(len(raw))]
    found = explained(pipeline, drawn, labels)
    assert found.shape == (150, 1 + len(drawn.contract.columns))
    outputs = labels if classes > 2 else [raw.shape[1] - 1] * len(raw)
    assert np.abs(found.sum(axis=1) - raw[np.arange(len(raw)), outputs]).max() < 1e-6


@pytest.mark.parametrize("kind", ["plain", "gaps"])
@pytest.mark.parametrize(("name", "classes"), [(f"{name}Classifier", classes) for name in TREES for classes in (2, 5)])
def test_contributions_are_the_shapley_values_over_all_subsets(name: str, classes: int, kind: str) -> None:
    drawn = table(kind, classes, rows=120)
    pipeline = fitted(candidate(name), drawn)
    model = additive(pipeline.named_steps["model"], 4)
    assert isinstance(model, Trees)
    rows = np.asarray(pipeline[:-1].transform(drawn.rows) if len(pipeline) > 1 else drawn.rows, dtype=np.float32)
    label = classes - 1
    found = explained(pipeline, drawn, [label] * 6)
    of_label = label if classes > 2 or len(model.start) == 2 else 0
    trees = [
        (tree, tree.values[:, of_label if output < 0 else 0] / model.divisor)
        for tree, output in model.trees
        if output in (-1, of_label)
    ]
    for row, contributions in zip(rows.astype(np.float64), found, strict=False):
        wanted = by_subsets(trees, row)
        wanted[0] += model.start[of_label]
        assert np.abs(contributions - wanted).max() < 1e-9


@pytest.mark.parametrize("classes", [2, 5])
def test_contributions_are_those_that_lightgbm_computes_itself(classes: int) -> None:
    drawn = table("categories", classes, rows=200)
    pipeline = fitted(candidate("LGBMClassifier"), drawn)
    model, rows = pipeline.named_steps["model"], pipeline[:-1].transform(drawn.rows)
    label = classes - 1
    width = rows.shape[1] + 1
    start = label * width if classes > 2 else 0
    wanted = np.asarray(model.predict(rows, pred_contrib=True))[:, start : start + width]
    found = explained(pipeline, drawn, [label] * len(rows))
    # Four numbers, then a column for each of the three shops and the two answers, then the means of the cities.
    columns = [0, 1, 2, 3, 4, 4, 4, 6, 6, *([5] * (width - 10))]
    summed = np.zeros((len(rows), 7))
    for place, column in enumerate(columns):
        summed[:, column] += wanted[:, place]
    assert np.abs(found[:, 0] - wanted[:, -1]).max() < 1e-9
    assert np.abs(found[:, 1:] - summed).max() < 1e-9


def test_categories_that_a_library_splits_itself_are_followed() -> None:
    draw = np.random.default_rng(3)
    rows = pd.DataFrame({"x0": draw.integers(0, 12, 300), "x1": draw.normal(size=300)}).astype("float32")
    labels = ((rows["x0"] % 3 == 0) ^ (rows["x1"] > 0)).astype(int).to_numpy()
    model = LGBMClassifier(n_estimators=5, min_child_samples=5, min_data_per_group=5, verbose=-1, n_jobs=1)
    model.fit(rows, labels, categorical_feature=[0])
    drawn = table("plain", 2, rows=1)
    contract = drawn.contract.model_copy(update={"columns": drawn.contract.columns[:2]})
    pipeline = Pipeline([("model", model)])
    found = explained(pipeline, Drawn(contract, rows, labels), [1] * 40)
    wanted = np.asarray(model.predict(rows.iloc[:40], pred_contrib=True))
    parts = additive(model, 2)
    assert isinstance(parts, Trees)
    assert any(tree.members for tree, _ in parts.trees)
    assert np.abs(found - wanted[:, [2, 0, 1]]).max() < 1e-9


@pytest.mark.parametrize("name", ["MLPClassifier", "KNeighborsClassifier", "StackingClassifier", "SVC"])
def test_an_estimator_without_exact_reasons_says_so(name: str) -> None:
    drawn = table("plain", 2, rows=60)
    section, content = reasons_of(fitted(candidate(name), drawn), drawn.rows, drawn.contract.columns)
    assert content is None
    assert section == {"method": "none", "why": f"{name} has no exact reasons; linear models and trees have"}


def test_trees_that_would_take_too_long_say_what_to_change(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.bundle.reasons.MOST_CONDITIONS", 10)
    drawn = table("plain", 2, rows=60)
    section, content = reasons_of(
        fitted(candidate("RandomForestClassifier"), drawn), drawn.rows, drawn.contract.columns
    )
    assert content is None
    assert "at most 10 are explained; use fewer trees, or limit max_leaf_nodes or max_depth" in section["why"]


def test_trees_in_several_blocks_are_explained_like_those_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = table("gaps", 5, rows=120)
    for name in ("RandomForestClassifier", "LGBMClassifier"):
        pipeline = fitted(candidate(name), drawn)
        with monkeypatch.context() as patched:
            patched.setattr("api.bundle.tree_levels._AT_ONCE", 10**9)
            whole = explained(pipeline, drawn, [3] * 20)
            patched.setattr("api.bundle.tree_levels._AT_ONCE", 1)
            assert np.abs(explained(pipeline, drawn, [3] * 20) - whole).max() < 1e-12


def test_the_same_model_gives_the_same_bytes() -> None:
    drawn = table("categories", 2, rows=80)
    pipeline = fitted(candidate("RandomForestClassifier"), drawn)
    one, other = (reasons_of(pipeline, drawn.rows, drawn.contract.columns).content for _ in range(2))
    assert one == other


def test_a_leaf_that_no_training_row_reached_does_no_harm() -> None:
    drawn = table("plain", 2, rows=80)
    pipeline = fitted(candidate("GradientBoostingClassifier"), drawn)
    tree = pipeline.named_steps["model"].estimators_[0, 0].tree_
    tree.weighted_n_node_samples[np.flatnonzero(tree.children_left < 0)[0]] = 0.0
    raw = raw_scores(pipeline, drawn)[:, 0]
    found = explained(pipeline, drawn, [1] * len(raw))
    assert np.abs(found.sum(axis=1) - raw).max() < 1e-9


def test_the_time_of_a_request_is_bounded() -> None:
    drawn = table("plain", 2, rows=60)
    explainer = explainer_of(fitted(candidate("LGBMClassifier"), drawn), drawn)
    with pytest.raises(Exception, match="RUN_TIMEOUT_MS"):
        explainer.of(drawn.rows.to_numpy(dtype=np.float32), [1] * 60, most=0.0)
