"""Linear models and support vector machines in ONNX, in float64."""

from itertools import combinations
from typing import Any

import numpy as np

from trainer.conversion.graph import Graph
from trainer.errors import UnconvertibleError


def linear(graph: Graph, model: Any, source: str) -> str:
    """[n, 1] of two classes or a value, else [n, classes]: what `coef_` and `intercept_` make of the rows."""
    weights = np.atleast_2d(np.asarray(model.coef_, dtype=np.float64)).T
    product = graph.op("MatMul", source, graph.constant(weights))
    return graph.op("Add", product, graph.constant(np.ravel(model.intercept_)))


def support_vectors(graph: Graph, model: Any, source: str) -> str:
    """The decision of SVC, NuSVC, SVR and NuSVR: [n, 1] of two classes or a value, else [n, classes]."""
    similar, coefficients = _kernel(graph, model, source), np.asarray(model.dual_coef_, dtype=np.float64)
    counts = np.asarray(getattr(model, "n_support_", []))
    if len(counts) <= 2:
        distance = graph.op("MatMul", similar, graph.constant(coefficients.T))
        return graph.op("Add", distance, graph.constant(np.ravel(model.intercept_)))
    pairs = list(combinations(range(len(counts)), 2))
    weights = np.zeros((coefficients.shape[1], len(pairs)))
    ends = np.cumsum(counts)
    of_class = [slice(end - count, end) for end, count in zip(ends, counts, strict=True)]
    for place, (one, other) in enumerate(pairs):
        weights[of_class[one], place] = coefficients[other - 1, of_class[one]]
        weights[of_class[other], place] = coefficients[one, of_class[other]]
    distances = graph.op("MatMul", similar, graph.constant(weights))
    distances = graph.op("Add", distances, graph.constant(np.ravel(model.intercept_)))
    if model.decision_function_shape != "ovr":
        raise UnconvertibleError(f"{type(model).__name__} has no converter with decision_function_shape=ovo; use ovr")
    return _one_against_rest(graph, distances, pairs, len(counts))


def _one_against_rest(graph: Graph, distances: str, pairs: list[tuple[int, int]], classes: int) -> str:
    """scikit-learn's `_ovr_decision_function`: votes of the pairs, and how sure they are as a tie-breaker."""
    first, second = np.zeros((len(pairs), classes)), np.zeros((len(pairs), classes))
    for place, (one, other) in enumerate(pairs):
        first[place, one] = second[place, other] = 1.0
    loses = graph.double(graph.op("Less", distances, graph.constant(0.0)))
    wins = graph.op("Sub", graph.constant(1.0), loses)
    votes = graph.op(
        "Add",
        graph.op("MatMul", wins, graph.constant(first)),
        graph.op("MatMul", loses, graph.constant(second)),
    )
    sure = graph.op("MatMul", distances, graph.constant(first - second))
    size = graph.op("Add", graph.op("Abs", sure), graph.constant(1.0))
    return graph.op("Add", votes, graph.op("Div", sure, graph.op("Mul", size, graph.constant(3.0))))


def _kernel(graph: Graph, model: Any, source: str) -> str:
    """[n, support vectors]"""
    if getattr(model, "_effective_probability", False):
        raise UnconvertibleError(
            f"{type(model).__name__}(probability=True) has no converter; use CalibratedClassifierCV around it"
        )
    vectors = np.asarray(model.support_vectors_, dtype=np.float64)
    product = graph.op("MatMul", source, graph.constant(vectors.T))
    gamma = graph.constant(float(model._gamma))  # noqa: SLF001 - scikit-learn has no public name for it
    if model.kernel == "linear":
        return product
    if model.kernel == "rbf":
        squares = graph.op("ReduceSum", graph.op("Mul", source, source), graph.constant([1], np.int64))
        both = graph.op("Add", squares, graph.constant((vectors**2).sum(axis=1)))
        distance = graph.op("Sub", both, graph.op("Mul", product, graph.constant(2.0)))
        return graph.op("Exp", graph.op("Neg", graph.op("Mul", distance, gamma)))
    if model.kernel not in {"poly", "sigmoid"}:
        raise UnconvertibleError(f"{type(model).__name__}'s kernel has no converter; use linear, rbf, poly or sigmoid")
    shifted = graph.op("Add", graph.op("Mul", product, gamma), graph.constant(float(model.coef0)))
    if model.kernel == "sigmoid":
        return graph.op("Tanh", shifted)
    return graph.op("Pow", shifted, graph.constant(float(model.degree)))
