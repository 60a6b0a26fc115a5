"""Candidates become pipelines."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import is_classifier

from trainer.candidates import Candidate
from trainer.contract.columns import Number
from trainer.errors import ParamsError
from trainer.estimators import ESTIMATORS
from trainer.params import Params, candidates_of
from trainer.training.pipeline import build, check_weights, fit
from trainer.training.search import combinations


def test_a_grid_is_every_combination_in_the_order_of_the_file() -> None:
    candidate = Candidate.model_validate(
        {"estimator": "LogisticRegression", "grid": {"C": [1, 2], "max_iter": [10, 20]}}
    )
    assert [tuple(chosen.values()) for chosen in combinations(candidate)] == [(1, 10), (1, 20), (2, 10), (2, 20)]


def test_no_grid_is_one_combination() -> None:
    assert list(combinations(Candidate(estimator="LogisticRegression"))) == [{}]


def test_only_an_estimator_that_wants_it_stands_behind_a_scaler() -> None:
    assert list(build(Candidate(estimator="LogisticRegression"), 1).named_steps) == ["scale", "model"]
    assert list(build(Candidate(estimator="RandomForestClassifier"), 1).named_steps) == ["model"]


def test_the_chosen_combination_and_the_seed_reach_the_estimator() -> None:
    candidate = Candidate(estimator="RandomForestClassifier", settings={"n_estimators": 7, "max_depth": 2})
    model = build(candidate, 5, {"max_depth": None}).named_steps["model"]
    assert (model.n_estimators, model.max_depth, model.random_state) == (7, None, 5)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_every_row_of_the_table_is_true_of_its_estimator(name: str) -> None:
    row = ESTIMATORS[name]
    if row.form.startswith("of "):
        return
    model = row.made(name)
    assert row.task == ("classification" if is_classifier(model) else "regression")
    assert not row.gaps or model.__sklearn_tags__().input_tags.allow_nan
    assert bool(row.thresholds) == any(word in name for word in ("Forest", "Trees", "Boosting", "LGBM", "XGB"))
    assert set(row.ranges) | set(row.space) <= set(model.get_params()) | {"max_bin"}


@pytest.mark.parametrize(
    ("estimator", "settings", "message"),
    [
        ("LogisticRegression", {"C": "big"}, "The 'C' parameter of LogisticRegression must be a float in the range"),
        ("RandomForestClassifier", {"n_estimators": -3}, r"'n_estimators' .* in the range \[1, inf\)\. Got -3"),
        ("HistGradientBoostingRegressor", {"loss": "beauty"}, "'loss' parameter of HistGradientBoostingRegressor"),
    ],
)
def test_a_value_outside_its_range_is_named_with_the_range(
    estimator: str, settings: dict[str, int | str], message: str
) -> None:
    with pytest.raises(ParamsError, match=message):
        build(Candidate.model_validate({"estimator": estimator, "settings": settings}), 1)


def test_a_model_that_learns_from_gaps_gets_them_unfilled_and_in_float32() -> None:
    columns = [Number(name="x", dtype="float64", unit="", minimum=0, maximum=1, description="", nullable=True)]
    frame = pd.DataFrame({"x": [0.1, np.nan, 0.7, np.nan] * 20})
    pipeline = fit(build(Candidate(estimator="HistGradientBoostingClassifier"), 1, None, columns), frame, ROWS)
    table = pipeline[:-1].transform(frame)
    assert np.isnan(table[1, 0])
    assert table[0, 0] == np.float32(0.1)
    assert pipeline.predict_proba(frame)[1, 1] > 0.9


ROWS = np.array([0, 1, 0, 1] * 20)


def test_a_forest_is_fitted_in_threads_and_answers_in_one() -> None:
    frame = pd.DataFrame({"x": np.arange(80.0)})
    candidate = Candidate(estimator="ExtraTreesClassifier", settings={"n_estimators": 5})
    pipeline = fit(build(candidate, 1), frame, ROWS)
    assert pipeline.named_steps["model"].n_jobs is None
    alone = build(candidate, 1).fit(frame, ROWS)
    assert np.array_equal(pipeline.predict_proba(frame), alone.predict_proba(frame))


@pytest.mark.parametrize("name", ["n_trees", "warm_start", "random_state"])
def test_an_argument_the_estimator_has_not_or_must_not_have_is_named(name: str) -> None:
    with pytest.raises(ParamsError, match=f"RandomForestClassifier has no argument {name}; it has"):
        build(Candidate(estimator="RandomForestClassifier", settings={name: 2}), 1)


@pytest.mark.parametrize(
    "page",
    [
        {"estimator": "LogisticRegression"},
        {"estimator": "HistGradientBoostingClassifier"},
        {"estimator": "RandomForestClassifier"},
        {"estimator": "LightGBM"},
        {"estimator": "XGBoost"},
        {"estimator": "Calibrated", "of": "RandomForest"},
        {"estimator": "Voting", "of": ["RandomForest", "LightGBM"]},
    ],
)
def test_heavy_rows_move_the_answers_to_their_side(page: dict[str, Any], fast_with: Callable[..., Params]) -> None:
    draw = np.random.default_rng(1)
    features = pd.DataFrame({"x": draw.normal(size=300), "y": draw.normal(size=300)})
    labels = (features.x + draw.normal(size=300) > 0).to_numpy().astype(np.int64)
    (candidate,) = candidates_of(fast_with(candidates={"one": page}), "classification").values()
    equal = fit(build(candidate, 1), features, labels)
    weighed = fit(build(candidate, 1), features, labels, np.where(labels == 1, 5.0, 1.0))
    assert weighed.predict_proba(features)[:, 1].mean() > equal.predict_proba(features)[:, 1].mean() + 0.05


@pytest.mark.parametrize(
    ("page", "name"),
    [
        ({"estimator": "KNeighbors"}, "KNeighborsClassifier"),
        ({"estimator": "Calibrated", "of": "LogisticRegression"}, "CalibratedClassifierCV"),  # behind a scaler
        ({"estimator": "Voting", "of": ["RandomForest", "KNeighbors"]}, "VotingClassifier"),
    ],
)
def test_an_estimator_that_can_not_weigh_rows_is_refused_by_name(
    page: dict[str, Any], name: str, fast_with: Callable[..., Params]
) -> None:
    (candidate,) = candidates_of(fast_with(candidates={"one": page}), "classification").values()
    with pytest.raises(ParamsError, match=f"candidate near: {name} can't weigh rows; leave the candidate out"):
        check_weights("near", build(candidate, 1))
