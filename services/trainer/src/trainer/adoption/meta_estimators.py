"""Estimators that hold fitted pipelines which read the table's own columns: searches, votes, stacks, calibrations."""

import copy
from collections.abc import Callable, Sequence
from typing import Any

from trainer.conversion.answers import INSIDE

SEVERAL = ("VotingClassifier", "VotingRegressor", "StackingClassifier", "StackingRegressor")


def opened(model: Any) -> Any:
    """The fitted estimator inside a search or another that only hands rows on; every other model as it is."""
    while (held := INSIDE.get(type(model).__name__)) is not None:
        model = getattr(model, held)
    return model


def held_in(model: Any) -> Sequence[Any]:
    """The fitted models inside that get the same rows as `model`; empty where it holds none."""
    name = type(model).__name__
    if name == "CalibratedClassifierCV":
        return [one.estimator for one in model.calibrated_classifiers_]
    if name == "TransformedTargetRegressor":
        return [model.regressor_]
    return list(model.estimators_) if name in SEVERAL else []


def replaced(model: Any, new: Callable[[Any], Any]) -> Any:
    """A copy of `model` that holds `new` of each of the models inside."""
    name, found = type(model).__name__, copy.copy(model)
    if name == "CalibratedClassifierCV":
        found.calibrated_classifiers_ = [copy.copy(one) for one in model.calibrated_classifiers_]
        for one in found.calibrated_classifiers_:
            one.estimator = new(one.estimator)
    elif name == "TransformedTargetRegressor":
        found.regressor_ = new(model.regressor_)
    else:
        found.estimators_ = [new(one) for one in model.estimators_]
    return found
