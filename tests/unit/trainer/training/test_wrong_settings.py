"""Wrong settings of every estimator of the table are an error of params.yaml before anything is fitted."""

from typing import Any

import pytest

from tests.support.matrix import resolved
from trainer.errors import ParamsError
from trainer.estimators import ESTIMATORS
from trainer.training.pipeline import Table, build

NUMBERS: dict[str, Any] = {
    "C": -1, "alpha": -1, "n_estimators": -3, "max_iter": 0, "learning_rate": -1, "num_leaves": 1, "n_neighbors": 0,
    "var_smoothing": -1, "hidden_layer_sizes": [-3], "l1_ratio": 2, "n_jobs": 0, "subsample": 2, "reg_lambda": -1,
    "min_samples_leaf": 0, "epsilon": -1, "tol": -1, "base_score": "x", "monotone_constraints": [5], "missing": "x",
}  # fmt: skip
WORDS: dict[str, Any] = dict.fromkeys(
    ("C", "alpha", "n_estimators", "max_depth", "n_jobs", "kernel", "criterion", "var_smoothing", "loss", "activation",
     "class_weight", "objective", "booster", "boosting_type", "tree_method", "importance_type", "voting", "weights",
     "method", "cv"),
    "heavy",
)  # fmt: skip


def made(name: str, settings: dict[str, Any]) -> Any:
    row = ESTIMATORS[name]
    page: dict[str, Any] = {"estimator": name, "settings": settings}
    if row.form in {"of one", "of several"}:
        linear = "LogisticRegression" if row.task == "classification" else "Ridge"
        page["of"] = [linear, "LightGBM"] if row.form == "of several" else ["LightGBM"]
    classes = ("a", "b") if row.task == "classification" else ()
    return build(resolved(page, row.task), 1, table=Table((), classes, row.task))["model"]


def known(name: str) -> set[str]:
    model = made(name, {})
    inside = model.estimator if ESTIMATORS[name].form == "without probabilities" else model
    return set(inside.get_params(deep=False))


@pytest.mark.parametrize("name", ESTIMATORS)
@pytest.mark.parametrize("wrong", [NUMBERS, WORDS], ids=["numbers", "words"])
def test_a_wrong_value_is_refused_with_its_key(name: str, wrong: dict[str, Any]) -> None:
    tried = {key: value for key, value in wrong.items() if key in known(name)}
    assert tried
    for key, value in tried.items():
        with pytest.raises(ParamsError, match=key):
            made(name, {key: value})


@pytest.mark.parametrize("name", ESTIMATORS)
def test_an_unknown_key_is_refused_with_those_that_there_are(name: str) -> None:
    with pytest.raises(ParamsError, match=r"has no argument bogus; it has .*, "):
        made(name, {"bogus": 1})


def test_weights_of_a_vote_are_one_for_each_estimator() -> None:
    with pytest.raises(ParamsError, match="must be 2 numbers, one for each estimator under `of`"):
        made("VotingClassifier", {"weights": [1.0]})
    assert made("VotingClassifier", {"weights": [1.0, 2.0]}).weights == [1.0, 2.0]


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("RandomForestClassifier", {"class_weight": "balanced_subsample", "n_jobs": -1}),
        ("LGBMClassifier", {"class_weight": {"a": 2}, "objective": "binary", "n_jobs": 2}),
        ("XGBRegressor", {"base_score": 5, "objective": "reg:quantileerror", "monotone_constraints": [1, 0, -1]}),
        ("SVC", {"max_iter": -1, "class_weight": "balanced"}),
        ("MLPRegressor", {"hidden_layer_sizes": [8, 4]}),
    ],
)
def test_values_in_the_ranges_are_taken(name: str, settings: dict[str, Any]) -> None:
    made(name, settings)
