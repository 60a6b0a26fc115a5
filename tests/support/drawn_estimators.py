"""Estimators of scikit-learn's kind with settings drawn at random, most of them around or behind others."""

from collections.abc import Callable, Sequence
from typing import Any

import lightgbm
import numpy as np
from sklearn import (
    calibration,
    ensemble,
    model_selection,
    preprocessing,
    tree,
)
from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import make_pipeline

from tests.support.drawn_alone import CLASSES, VALUES
from tests.support.drawn_settings import Draw
from tests.support.drawn_steps import STEPS

MOST_DEEP = 2
"""Estimators inside one another."""


def estimator(draw: Draw, classes: int, deep: int = 0) -> Any:
    """For that many classes, 0 of a regression; often behind steps, and sometimes around others."""
    if deep < MOST_DEEP and draw.chance(0.3):
        made = draw.of(AROUND_CLASSES if classes else AROUND_VALUES)(draw, classes, deep + 1)
    else:
        made = draw.of(CLASSES if classes else VALUES)(draw)
    if draw.chance(0.5):
        made = make_pipeline(*(draw.of(STEPS)(draw) for _ in range(draw.whole(1, 2))), made)
    return made


def _several(draw: Draw, classes: int, deep: int) -> list[tuple[str, Any]]:
    return [(f"part{place}", estimator(draw, classes, deep)) for place in range(draw.whole(1, 3))]


def _calibrated(draw: Draw, classes: int, deep: int) -> Any:
    method = draw.of(["sigmoid", "isotonic", "temperature"])
    return calibration.CalibratedClassifierCV(
        estimator(draw, classes, deep), method=method, cv=3, ensemble=draw.chance(0.5)
    )


FEW: dict[str, Any] = {"n_estimators": 5, "verbose": -1, "n_jobs": 1}


AROUND_CLASSES: Sequence[Callable[[Draw, int, int], Any]] = (
    _calibrated,
    _calibrated,
    lambda draw, classes, deep: ensemble.VotingClassifier(
        _several(draw, classes, deep), voting=draw.of(["soft", "soft", "hard"])
    ),
    lambda draw, classes, deep: ensemble.StackingClassifier(
        _several(draw, classes, deep),
        draw.of([None, tree.DecisionTreeClassifier(max_depth=2, random_state=0), lightgbm.LGBMClassifier(**FEW)]),
        cv=3,
        stack_method=draw.of(["auto", "auto", "predict_proba", "decision_function", "predict"]),
        passthrough=draw.chance(0.3),
    ),
    lambda draw, classes, deep: ensemble.BaggingClassifier(
        estimator(draw, classes, deep), n_estimators=3, max_features=draw.of([1.0, 0.7]), random_state=0
    ),
    lambda draw, classes, deep: model_selection.FixedThresholdClassifier(
        estimator(draw, classes, deep), threshold=draw.of([0.2, 0.5, 0.8])
    ),
    lambda draw, classes, deep: model_selection.TunedThresholdClassifierCV(estimator(draw, classes, deep), cv=3),
    lambda draw, classes, deep: model_selection.GridSearchCV(estimator(draw, classes, deep), {}, cv=3),
)


AROUND_VALUES: Sequence[Callable[[Draw, int, int], Any]] = (
    lambda draw, classes, deep: ensemble.VotingRegressor(_several(draw, classes, deep)),
    lambda draw, classes, deep: ensemble.StackingRegressor(
        _several(draw, classes, deep),
        draw.of([None, tree.DecisionTreeRegressor(max_depth=2, random_state=0), lightgbm.LGBMRegressor(**FEW)]),
        cv=3,
        passthrough=draw.chance(0.3),
    ),
    lambda draw, classes, deep: ensemble.BaggingRegressor(
        estimator(draw, classes, deep), n_estimators=3, max_features=draw.of([1.0, 0.7]), random_state=0
    ),
    lambda draw, classes, deep: TransformedTargetRegressor(
        estimator(draw, classes, deep),
        **draw.of(
            [
                {"transformer": preprocessing.StandardScaler(with_mean=draw.chance(0.8))},
                {"transformer": preprocessing.MinMaxScaler()},
                {"transformer": preprocessing.QuantileTransformer(n_quantiles=20)},
                {"func": np.sinh, "inverse_func": np.arcsinh, "check_inverse": False},
                {"func": np.log, "inverse_func": np.exp, "check_inverse": False},
            ]
        ),
    ),
    lambda draw, classes, deep: model_selection.GridSearchCV(estimator(draw, classes, deep), {}, cv=3),
)
