"""Candidates become pipelines."""

from typing import get_args

import pytest
from sklearn.ensemble import BaseEnsemble

from trainer.bundle.neighbours import TREES
from trainer.errors import ParamsError
from trainer.params import CLASSIFIERS, REGRESSORS, Candidate
from trainer.training.pipeline import build, combinations


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


def test_every_estimator_is_for_one_task_and_can_be_built_and_every_ensemble_of_trees_has_its_rows_ordered() -> None:
    allowed = get_args(Candidate.model_fields["estimator"].annotation)
    assert sorted(allowed) == sorted([*CLASSIFIERS, *REGRESSORS])
    built = [build(Candidate(estimator=name), 1).named_steps["model"] for name in allowed]
    assert [type(model).__name__ for model in built] == list(allowed)
    assert {type(model) for model in built if isinstance(model, BaseEnsemble)} == set(TREES)


@pytest.mark.parametrize("name", ["n_trees", "n_jobs", "random_state"])
def test_an_argument_the_estimator_has_not_or_must_not_have_is_named(name: str) -> None:
    with pytest.raises(ParamsError, match=f"RandomForestClassifier has no argument {name}; it has"):
        build(Candidate(estimator="RandomForestClassifier", settings={name: 2}), 1)
