"""Each classifier and regressor of scikit-learn is served as it answers, or refused as docs/your-model.md says."""

import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline
from sklearn.utils import all_estimators
from threadpoolctl import threadpool_limits

from tests.support.matrix import proved, table
from trainer.conversion.unconvertible import explain
from trainer.errors import TrainerError
from trainer.training.own_estimators import checked
from trainer.training.pipeline import fit
from trainer.training.preparation import single

PAGE = (Path(__file__).parents[4] / "docs" / "your-model.md").read_text(encoding="utf-8")
SEARCHES = {"GridSearchCV", "RandomizedSearchCV", "HalvingGridSearchCV", "HalvingRandomSearchCV"}
POSITIVE = {"GammaRegressor", "PoissonRegressor"}
KINDS = {"classifier": (2, 3), "regressor": (0,)}
ALL = [(name, kind, made) for kind in KINDS for name, made in all_estimators(type_filter=kind) if name not in SEARCHES]


def served() -> set[str]:
    (listed,) = re.findall(r"^Served: (.*?)\n\n", PAGE, re.S | re.M)
    return set(re.findall(r"[A-Za-z]+(?:CV|IC)?", listed)) - {"soft"}


def refused() -> dict[str, str]:
    """Class → the words of its refusal."""
    rows = re.findall(r"^\| ([A-Z].*?) \| (.*?) \|$", PAGE, re.M)
    return {name.strip(): found.partition(";")[0] for names, found in rows for name in names.split(",")}


def made_of(name: str, kind: str, made: Any) -> Any:
    inner = LogisticRegression() if kind == "classifier" else Ridge()
    if name.startswith(("Voting", "Stacking")):
        soft = {"voting": "soft"} if name == "VotingClassifier" else {}
        return made([("a", inner), ("b", inner)], **soft)
    try:
        found = made(inner) if name == "SelfTrainingClassifier" else made()
    except TypeError:
        found = made(inner)
    seeded = {one: 1 for one in found.get_params() if one == "random_state"}
    return found.set_params(**seeded)


def outcome(name: str, made: Any, classes: int) -> str:
    """`served`, or the refusal."""
    drawn = table("plain", classes, rows=120)
    labels = np.abs(drawn.labels) + 0.1 if name in POSITIVE else drawn.labels
    with warnings.catch_warnings(), threadpool_limits(1):
        # Defaults end early on this table, or are about to change.
        warnings.simplefilter("ignore")
        try:
            task = "classification" if classes else "regression"
            model = checked(made, "mine:make", task)
            pipeline = fit(Pipeline([("single", single()), ("model", model)]), drawn.rows, labels)
            assert proved(pipeline, drawn, random_rows=300).largest_difference <= 1e-5
        except (TrainerError, ValueError) as error:
            return str(error)
    return "served"


@pytest.mark.filterwarnings("ignore:Class PassiveAggressive:FutureWarning")
@pytest.mark.parametrize(("name", "kind", "made"), ALL, ids=[one[0] for one in ALL])
def test_an_estimator_of_scikit_learn_is_served_or_refused_as_the_page_says(name: str, kind: str, made: Any) -> None:
    for classes in KINDS[kind]:
        found = outcome(name, made_of(name, kind, made), classes)
        if name in served():
            assert found == "served"
        elif not (name.endswith(("ThresholdClassifier", "ThresholdClassifierCV")) and classes == 3):
            assert refused()[name] in found


def test_the_page_lists_each_estimator_once() -> None:
    names = {name for name, _, _ in ALL}
    assert served() | (set(refused()) & names) == names
    assert not served() & set(refused())


@pytest.mark.parametrize("name", ["CatBoostClassifier", "CatBoostRegressor"])
def test_catboost_is_refused_by_name(name: str) -> None:
    kind = type(name, (LogisticRegression,), {"__module__": "catboost.core"})
    assert refused()[name] in explain(kind())
