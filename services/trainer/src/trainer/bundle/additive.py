"""The raw score of a fitted model as a sum that can be shared out: over the leaves of trees, or over linear terms."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from trainer.conversion.answers import INSIDE
from trainer.conversion.tree_nodes import FORESTS, boosted_of
from trainer.conversion.trees import Tree, start_of, trees_of
from trainer.errors import UnconvertibleError, UnexplainableError

Score = Literal["probability", "log-odds", "margin", "value", "log of the value"]
Numbers = npt.NDArray[np.float64]

LOG_ODDS = ("LogisticRegression", "LogisticRegressionCV", "LinearDiscriminantAnalysis")
MARGINS = ("LinearSVC", "RidgeClassifier", "RidgeClassifierCV", "SGDClassifier", "Perceptron")
LINES = (
    *("LinearRegression", "Ridge", "RidgeCV", "ElasticNet", "ElasticNetCV", "Lasso", "LassoCV", "LinearSVR"),
    *("SGDRegressor", "HuberRegressor", "BayesianRidge", "ARDRegression", "Lars", "LassoLars", "TheilSenRegressor"),
)
GRADIENT = ("GradientBoostingClassifier", "GradientBoostingRegressor")
HISTOGRAM = ("HistGradientBoostingClassifier", "HistGradientBoostingRegressor")


@dataclass(frozen=True)
class Linear:
    """A linear model: the weighted inputs are added to the intercept."""

    score: Score
    weights: Numbers
    """[outputs, inputs]"""
    intercept: Numbers
    """[outputs]"""


@dataclass(frozen=True)
class Trees:
    """A sum of trees."""

    score: Score
    trees: list[tuple[Tree, int]]
    """Each with the output that it adds to; -1: its leaves have a number for each output."""
    start: Numbers
    """[outputs]: what the trees are added to."""
    single: bool
    """Whether the rows are compared in float32."""
    divisor: float = 1.0


def additive(model: Any, inputs: int) -> Linear | Trees:
    """Raises UnexplainableError with the reason where the score is not such a sum."""
    try:
        return _additive(_opened(model), inputs)
    except UnconvertibleError as error:
        raise UnexplainableError(str(error)) from error


def _additive(model: Any, inputs: int) -> Linear | Trees:
    name, classifies = type(model).__name__, hasattr(model, "classes_")
    if name in (*LOG_ODDS, *MARGINS, *LINES):
        score: Score = "log-odds" if name in LOG_ODDS else "margin" if classifies else "value"
        return Linear(score, np.atleast_2d(np.asarray(model.coef_, dtype=np.float64)), np.ravel(model.intercept_))
    if name in FORESTS:
        outputs, trees = len(model.classes_) if classifies else 1, trees_of(model)
        grown = [(tree, -1) for tree in trees]
        score = "probability" if classifies else "value"
        return Trees(score, grown, np.zeros(outputs), single=True, divisor=float(len(trees)))
    if name in (*GRADIENT, *HISTOGRAM):
        start = start_of(model, inputs)
        turns = [(tree, place % len(start)) for place, tree in enumerate(trees_of(model))]
        score = "margin" if model.loss == "exponential" else _linked(classifies, model.loss in ("poisson", "gamma"))
        return Trees(score, turns, start, single=name in GRADIENT)
    boosted = boosted_of(model)
    if boosted is None:
        raise UnexplainableError(f"{name} has no exact reasons; linear models and trees have")
    if boosted.missing is not None:
        raise UnexplainableError(f"XGBoost takes {boosted.missing:g} for a missing value; leave `missing` out")
    if boosted.scale != 1 or boosted.link in ("square", "one sigmoid"):
        score = "margin"
    else:
        score = _linked(classifies, boosted.link == "exp")
    return Trees(score, boosted.trees, np.zeros(boosted.outputs), single=boosted.single)


def _linked(classifies: bool, logarithm: bool) -> Score:
    if classifies:
        return "log-odds"
    return "log of the value" if logarithm else "value"


def _opened(model: Any) -> Any:
    """The estimator inside a search, or inside a calibration that has one: the score before it is calibrated."""
    while True:
        name = type(model).__name__
        if name in INSIDE:
            model = getattr(model, INSIDE[name])
        elif name == "CalibratedClassifierCV":
            if len(model.calibrated_classifiers_) > 1:
                raise UnexplainableError("a calibration of several fits has no one score; use ensemble: false")
            model = model.calibrated_classifiers_[0].estimator
        else:
            return model
