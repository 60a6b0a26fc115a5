"""The refusal of a model ends with what to use instead."""

import re
import warnings
from typing import Any

import numpy as np
import pytest
from lightgbm import LGBMClassifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.ensemble import (
    BaggingClassifier,
    BaggingRegressor,
    HistGradientBoostingClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC, NuSVC
from threadpoolctl import threadpool_limits
from xgboost import XGBClassifier

from tests.support.matrix import table
from tests.support.tables import small_params
from trainer.bundle.servable import refusal
from trainer.conversion.ways_out import advised, way_out
from trainer.errors import ParamsError
from trainer.params import Params
from trainer.training.own_estimators import checked
from trainer.training.pipeline import fit
from trainer.training.preparation import single

PARAMS = Params.model_validate(small_params())
BOOSTED = LGBMClassifier(n_estimators=3, verbose=-1)
REFUSED: list[tuple[Any, int, str]] = [
    (XGBClassifier(objective="reg:logistic", n_estimators=3), 2, "use objective binary:logistic"),
    (BaggingClassifier(SVC(), 2), 3, "use CalibratedClassifierCV around SVC without bagging, or RandomForest"),
    (
        BaggingClassifier(LinearSVC(), 2),
        3,
        "use CalibratedClassifierCV around LinearSVC without bagging",
    ),
    (OneVsRestClassifier(BOOSTED), 3, "use LGBMClassifier by itself: it takes several classes"),
    (OneVsRestClassifier(XGBClassifier(n_estimators=3)), 3, "use XGBClassifier by itself"),
    (
        OneVsRestClassifier(HistGradientBoostingClassifier(max_iter=3)),
        3,
        "use HistGradientBoostingClassifier by itself",
    ),
    (KNeighborsClassifier(metric="chebyshev"), 3, "use metric: euclidean or manhattan"),
    (KNeighborsClassifier(metric="canberra"), 2, "use metric: euclidean or manhattan"),
    (KNeighborsRegressor(metric="chebyshev"), 0, "use metric: euclidean or manhattan"),
    (make_pipeline(KMeans(3, random_state=1), LogisticRegression()), 3, "use KBinsDiscretizer"),
    (make_pipeline(Nystroem(n_components=3), LogisticRegression()), 3, "use KernelPCA"),
    (make_pipeline(StandardScaler(), OneVsRestClassifier(BOOSTED)), 3, "use LGBMClassifier by itself"),
]


@pytest.mark.parametrize(("model", "classes", "words"), REFUSED, ids=[str(one[0])[:40] for one in REFUSED])
def test_a_refusal_ends_with_what_to_use_instead(model: Any, classes: int, words: str) -> None:
    drawn = table("plain", classes, rows=90)
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        pipeline = fit(Pipeline([("single", single()), ("model", model)]), drawn.rows, drawn.labels)
        found = refusal(pipeline, drawn.rows, drawn.contract, PARAMS)
    assert found is not None
    assert words in found


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (BaggingRegressor(KNeighborsRegressor()), "use KNeighborsRegressor without bagging, or RandomForestRegressor"),
        (CalibratedClassifierCV(KNeighborsClassifier(weights=np.sqrt)), "use weights: uniform"),
        (NuSVC(), "docs/your-model.md"),
        (BaggingClassifier(), "docs/your-model.md"),
    ],
)
def test_a_model_has_a_way_out_by_its_settings_or_what_is_inside(model: Any, words: str) -> None:
    assert words in way_out(model)


def test_a_message_with_a_way_out_stays_as_it_is() -> None:
    assert advised("it has no converter; use gbtree", NuSVC()) == "it has no converter; use gbtree"


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (VotingClassifier([("a", SVC())]), "use voting='soft'"),
        (OneVsRestClassifier(SVC()), "put SVC inside it into CalibratedClassifierCV"),
        (StackingClassifier([("a", SVC())], final_estimator=SVC()), "put SVC inside it into CalibratedClassifierCV"),
        (SVC(), "put it into CalibratedClassifierCV"),
    ],
)
def test_an_estimator_without_probabilities_has_the_way_to_them(model: Any, words: str) -> None:
    with pytest.raises(ParamsError, match=re.escape(words)):
        checked(model, "mine:make", "classification")
