"""Estimators that are made of others, in ONNX: votes, stacks, bags, and calibration around any of them."""

from typing import Any

import numpy as np
import numpy.typing as npt

from trainer.conversion.ensemble import sums
from trainer.conversion.graph import Estimators, Graph
from trainer.conversion.trees import Tree
from trainer.errors import UnconvertibleError


def mean(graph: Graph, parts: list[str], weights: Any = None) -> str:
    """The weighted mean of tensors of one shape."""
    shares = np.ones(len(parts)) if weights is None else np.asarray(weights, dtype=np.float64)
    weighed = parts
    if weights is not None:
        weighed = [graph.op("Mul", part, graph.constant(float(one))) for part, one in zip(parts, shares, strict=True)]
    total = weighed[0] if len(weighed) == 1 else graph.op("Sum", *weighed)
    return total if shares.sum() == 1 else graph.op("Div", total, graph.constant(float(shares.sum())))


def voting_shares(estimators: Estimators, model: Any, source: str) -> str:
    """The mean probabilities of a VotingClassifier. Raises UnconvertibleError for hard votes, which give none."""
    if model.voting != "soft":
        raise UnconvertibleError("VotingClassifier(voting='hard') gives no probabilities; use voting='soft'")
    return mean(estimators.graph, [estimators.shares(one, source) for one in model.estimators_], _weights(model))


def voting_values(estimators: Estimators, model: Any, source: str) -> str:
    """The mean answer of a VotingRegressor."""
    return mean(estimators.graph, [estimators.values(one, source) for one in model.estimators_], _weights(model))


def bagging_shares(estimators: Estimators, model: Any, source: str) -> str:
    """The mean probabilities of a BaggingClassifier."""
    return mean(
        estimators.graph, [estimators.shares(one, rows) for one, rows in _bags(estimators.graph, model, source)]
    )


def bagging_values(estimators: Estimators, model: Any, source: str) -> str:
    """The mean answer of a BaggingRegressor."""
    return mean(
        estimators.graph, [estimators.values(one, rows) for one, rows in _bags(estimators.graph, model, source)]
    )


def transformed_target(estimators: Estimators, model: Any, source: str) -> str:
    """The answer of a TransformedTargetRegressor, in the unit of the target."""
    graph, way, value = estimators.graph, model.transformer_, estimators.values(model.regressor_, source)
    if type(way).__name__ == "StandardScaler" and way.with_mean and way.with_std:
        return graph.op("Add", graph.op("Mul", value, graph.constant(way.scale_)), graph.constant(way.mean_))
    inverse = way.inverse_func if type(way).__name__ == "FunctionTransformer" else way
    if inverse is None:
        return value
    if inverse is np.exp:
        return graph.op("Exp", value)
    if inverse is np.expm1:
        return graph.op("Sub", graph.op("Exp", value), graph.constant(1.0))
    raise UnconvertibleError(
        "this target of TransformedTargetRegressor has no converter; use log and exp, log1p and expm1 or StandardScaler"
    )


def _weights(model: Any) -> list[float] | None:
    if model.weights is None:
        return None
    return [one for (_, voter), one in zip(model.estimators, model.weights, strict=True) if voter != "drop"]


def _bags(graph: Graph, model: Any, source: str) -> list[tuple[Any, str]]:
    return [
        (one, graph.columns(source, [int(place) for place in places]))
        for one, places in zip(model.estimators_, model.estimators_features_, strict=True)
    ]


def stacked(estimators: Estimators, model: Any, source: str) -> str:
    """The rows of the final estimator of a stack."""
    parts = []
    for one, method in zip(model.estimators_, model.stack_method_, strict=True):
        if method == "predict_proba":
            shares = estimators.shares(one, source)
            two = len(one.classes_) == 2
            parts.append(estimators.graph.columns(shares, [1]) if two else shares)
        elif method == "decision_function":
            parts.append(estimators.decision(one, source))
        elif hasattr(one, "classes_"):
            raise UnconvertibleError("stack_method='predict' of classes has no converter; use predict_proba")
        else:
            parts.append(estimators.values(one, source))
    return estimators.graph.side_by_side([*parts, source] if model.passthrough else parts)


def calibrated(estimators: Estimators, model: Any, source: str) -> str:
    """The probabilities of a CalibratedClassifierCV: the mean over its folds."""
    return mean(estimators.graph, [_calibrated_once(estimators, one, source) for one in model.calibrated_classifiers_])


def _calibrated_once(estimators: Estimators, model: Any, source: str) -> str:
    graph, classes = estimators.graph, len(model.classes)
    decides = hasattr(model.estimator, "decision_function")
    scores = estimators.decision(model.estimator, source) if decides else estimators.shares(model.estimator, source)
    if len(model.estimator.classes_) != classes:
        raise UnconvertibleError("a fold of the calibration lacks a class; use fewer folds (cv) or ensemble: false")
    if model.method == "temperature":
        return _temperature(graph, scores, float(model.calibrators[0].beta_), classes, decides)
    if classes == 2:
        second = scores if decides else graph.columns(scores, [1])
        return graph.both(_calibrator(graph, model.calibrators[0], second))
    made = graph.side_by_side(
        [_calibrator(graph, one, graph.columns(scores, [place])) for place, one in enumerate(model.calibrators)]
    )
    total = graph.op("ReduceSum", made, graph.constant([1], np.int64))
    none = graph.op("Equal", total, graph.constant(0.0))
    shares = graph.op("Div", made, graph.op("Where", none, graph.constant(1.0), total))
    return graph.op("Where", none, graph.constant(1.0 / classes), shares)


def _temperature(graph: Graph, scores: str, beta: float, classes: int, decides: bool) -> str:
    if not decides:
        scores = graph.op("Log", graph.op("Add", scores, graph.constant(1e-12)))
    elif classes == 2:
        scores = graph.side_by_side([graph.op("Neg", scores), scores])
    return graph.op("Softmax", graph.op("Mul", scores, graph.constant(beta)), axis=1)


def _calibrator(graph: Graph, calibrator: Any, score: str) -> str:
    """[n, 1] to [n, 1]"""
    if hasattr(calibrator, "a_"):
        slope, shift = graph.constant(float(calibrator.a_)), graph.constant(float(calibrator.b_))
        line = graph.op("Add", graph.op("Mul", score, slope), shift)
        return graph.op("Sigmoid", graph.op("Neg", line))
    return isotonic(graph, calibrator.X_thresholds_, calibrator.y_thresholds_, score)


def isotonic(graph: Graph, knots: npt.NDArray[Any], heights: npt.NDArray[Any], score: str) -> str:
    """Straight lines between the knots; a tree finds the two that a score [n, 1] lies between."""
    x, y = np.asarray(knots, dtype=np.float64), np.asarray(heights, dtype=np.float64)
    if len(x) == 1:
        return graph.op("Add", graph.op("Mul", score, graph.constant(0.0)), graph.constant(float(y[0])))
    inside = graph.op("Min", graph.op("Max", score, graph.constant(float(x[0]))), graph.constant(float(x[-1])))
    place = graph.op("Cast", sums(graph, [(_search(x), 0, 0)], inside, 1), to=7)
    slope = graph.op("Gather", graph.constant(np.diff(y) / np.diff(x)), place)
    left, height = graph.op("Gather", graph.constant(x), place), graph.op("Gather", graph.constant(y), place)
    return graph.op("Add", graph.op("Mul", slope, graph.op("Sub", inside, left)), height)


def _search(knots: npt.NDArray[np.float64]) -> Tree:
    """The number of the piece that ends at or above a value, by halving."""
    asked, thresholds, values, yes, no = [], [], [], [], []
    waiting: list[tuple[int, int]] = [(0, len(knots) - 2)]
    for first, last in waiting:
        middle = (first + last) // 2
        leaf = first == last
        asked.append(-1 if leaf else 0)
        thresholds.append(0.0 if leaf else float(knots[middle + 1]))
        values.append([float(first)])
        yes.append(-1 if leaf else len(waiting))
        no.append(-1 if leaf else len(waiting) + 1)
        if not leaf:
            waiting += [(first, middle), (middle + 1, last)]
    gaps = np.zeros(len(asked), dtype=bool)
    return Tree(np.array(asked), np.array(thresholds), np.array(values), np.array(yes), np.array(no), gaps)
