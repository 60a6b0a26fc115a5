"""Fitted estimators as nodes of a graph: shares of classes, values and decisions, all in float64.

skl2onnx converts the classes that none of the tables lists. `parity` compares the result with the estimator.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from trainer.conversion import linear_models, meta_estimators, tree_nodes
from trainer.conversion.graph import Graph
from trainer.conversion.skl2onnx_steps import by_library
from trainer.conversion.steps import STEPS, stepped
from trainer.errors import UnconvertibleError

INSIDE = {
    **dict.fromkeys(("GridSearchCV", "RandomizedSearchCV", "HalvingGridSearchCV"), "best_estimator_"),
    "HalvingRandomSearchCV": "best_estimator_",
    "FrozenEstimator": "estimator",
    "SelfTrainingClassifier": "estimator_",
}
"""Where those that only wrap another estimator have it."""
PREPARATION = {"spread", "scale"}
"""Our own steps of trainer.training.preparation, whose settings skl2onnx is known to convert."""


class Answers:
    """Adds estimators to a graph. Every method takes the name of rows [n, features] and returns a name.

    Raises UnconvertibleError for what has no converter.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    def shares(self, model: Any, source: str) -> str:
        """The result of `predict_proba`: [n, classes]."""
        model, source = self._opened(model, source)
        if own := SHARES.get(type(model).__name__):
            return own(self, model, source)
        if (boosted := tree_nodes.boosted_of(model)) is not None:
            return tree_nodes.of_boosted(self.graph, boosted, source)
        return self.graph.double(by_library(self.graph, model, source, classes=True))

    def values(self, model: Any, source: str) -> str:
        """The result of `predict` of a regression: [n, 1]."""
        model, source = self._opened(model, source)
        if own := VALUES.get(type(model).__name__):
            return own(self, model, source)
        if (boosted := tree_nodes.boosted_of(model)) is not None:
            return tree_nodes.of_boosted(self.graph, boosted, source)
        value = self.graph.double(by_library(self.graph, model, source, classes=False))
        return self.graph.op("Reshape", value, self.graph.constant([-1, 1], np.int64))

    def decision(self, model: Any, source: str) -> str:
        """The result of `decision_function`: [n, 1] of two classes, else [n, classes]."""
        model, source = self._opened(model, source)
        if own := DECISIONS.get(type(model).__name__):
            return own(self, model, source)
        if (boosted := tree_nodes.boosted_of(model)) is not None:
            return tree_nodes.raw(self.graph, boosted, source)
        raise UnconvertibleError(f"the decision_function of {type(model).__name__} has no converter")

    def transformed(self, steps: Any, source: str, features: int | None = None) -> str:
        """The rows after the fitted steps of a pipeline; `features` is their width, without it the first step's."""
        kept = [(name, step) for name, step in steps.steps if step not in (None, "passthrough")]
        if not kept:
            return source
        if {name for name, _ in kept} <= PREPARATION:
            return self._by_library(Pipeline(kept), source, features)
        for _, step in kept:
            width = features or int(step.n_features_in_)
            source, features = stepped(self.graph, step, source, width, self._by_library), None
        return source

    def _by_library(self, steps: Pipeline, source: str, features: int | None) -> str:
        return self.graph.double(by_library(self.graph, steps, source, classes=False, features=features))

    def _opened(self, model: Any, source: str) -> tuple[Any, str]:
        """The estimator inside wrappers and pipelines, and the rows as it gets them."""
        while True:
            name = type(model).__name__
            if name == "Pipeline":
                model, source = model[-1], self.transformed(model[:-1], source)
            elif name in INSIDE:
                model = getattr(model, INSIDE[name])
            else:
                return model, source


Answer = Callable[[Answers, Any, str], str]


def _stack_shares(answers: Answers, model: Any, source: str) -> str:
    return answers.shares(model.final_estimator_, meta_estimators.stacked(answers, model, source))


def _stack_values(answers: Answers, model: Any, source: str) -> str:
    return answers.values(model.final_estimator_, meta_estimators.stacked(answers, model, source))


def _stack_decision(answers: Answers, model: Any, source: str) -> str:
    return answers.decision(model.final_estimator_, meta_estimators.stacked(answers, model, source))


def _gradient_shares(answers: Answers, model: Any, source: str) -> str:
    scale = 2.0 if getattr(model, "loss", "") == "exponential" else 1.0
    link = "sigmoid" if len(model.classes_) == 2 else "softmax"
    return tree_nodes.linked(answers.graph, tree_nodes.gradient(answers.graph, model, source), link, scale)


def _gradient_values(answers: Answers, model: Any, source: str) -> str:
    link = "exp" if model.loss in {"poisson", "gamma"} else "identity"
    return tree_nodes.linked(answers.graph, tree_nodes.gradient(answers.graph, model, source), link)


def _discriminant_shares(answers: Answers, model: Any, source: str) -> str:
    link = "sigmoid" if len(model.classes_) == 2 else "softmax"
    return tree_nodes.linked(answers.graph, linear_models.linear(answers.graph, model, source), link)


def _linear(answers: Answers, model: Any, source: str) -> str:
    return linear_models.linear(answers.graph, model, source)


def _machine(answers: Answers, model: Any, source: str) -> str:
    return linear_models.support_vectors(answers.graph, model, source)


def _gradient(answers: Answers, model: Any, source: str) -> str:
    return tree_nodes.gradient(answers.graph, model, source)


GRADIENT = ("GradientBoosting", "HistGradientBoosting")
SHARES: Mapping[str, Answer] = {
    **dict.fromkeys((name for name in tree_nodes.FORESTS if name.endswith("Classifier")), tree_nodes.forest_shares),
    **dict.fromkeys([f"{name}Classifier" for name in GRADIENT], _gradient_shares),
    "LinearDiscriminantAnalysis": _discriminant_shares,
    "VotingClassifier": meta_estimators.voting_shares,
    "BaggingClassifier": meta_estimators.bagging_shares,
    "StackingClassifier": _stack_shares,
    "CalibratedClassifierCV": meta_estimators.calibrated,
}
VALUES: Mapping[str, Answer] = {
    **dict.fromkeys((name for name in tree_nodes.FORESTS if name.endswith("Regressor")), tree_nodes.forest_values),
    **dict.fromkeys([f"{name}Regressor" for name in GRADIENT], _gradient_values),
    **dict.fromkeys(("SVR", "NuSVR"), _machine),
    "VotingRegressor": meta_estimators.voting_values,
    "BaggingRegressor": meta_estimators.bagging_values,
    "StackingRegressor": _stack_values,
    "TransformedTargetRegressor": meta_estimators.transformed_target,
}
DECISIONS: Mapping[str, Answer] = {
    **dict.fromkeys([f"{name}Classifier" for name in GRADIENT], _gradient),
    **dict.fromkeys(("SVC", "NuSVC"), _machine),
    **dict.fromkeys(("LogisticRegression", "LogisticRegressionCV", "LinearSVC", "LinearDiscriminantAnalysis"), _linear),
    **dict.fromkeys(("RidgeClassifier", "RidgeClassifierCV", "SGDClassifier", "Perceptron"), _linear),
    "PassiveAggressiveClassifier": _linear,
    "StackingClassifier": _stack_decision,
}
_DECIDE_ONLY = {"LinearSVC", "SVC", "NuSVC", "RidgeClassifier", "RidgeClassifierCV"}
OWN = {*SHARES, *VALUES, *DECISIONS, *INSIDE, *STEPS} - _DECIDE_ONLY
"""Classes that are converted here, to shares, values or other rows."""
