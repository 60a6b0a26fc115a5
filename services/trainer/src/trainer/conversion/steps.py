"""Preparing steps of scikit-learn as nodes of our own, in float64: skl2onnx lacks them or has float32 alone."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from trainer.conversion.graph import Graph
from trainer.conversion.lookups import bins, filled, flags, means, one_hot, selected
from trainer.conversion.nonlinear_steps import polynomials, power, quantiles, splines
from trainer.errors import UnconvertibleError

FUNCTIONS: Mapping[Any, str] = {
    np.abs: "Abs",
    np.sqrt: "Sqrt",
    np.exp: "Exp",
    np.log: "Log",
    np.tanh: "Tanh",
    np.sin: "Sin",
    np.cos: "Cos",
    np.sign: "Sign",
    np.floor: "Floor",
    np.ceil: "Ceil",
    np.negative: "Neg",
    np.reciprocal: "Reciprocal",
}
"""Functions of NumPy, and the operators of ONNX that are the same."""
COMPUTED = {np.log1p, np.expm1, np.square, *FUNCTIONS}
"""Those that FunctionTransformer may have."""


def function(graph: Graph, step: Any, source: str) -> str:
    """A FunctionTransformer with a function of NumPy that has a node of its own in ONNX."""
    if step.func is None:
        return source
    if not is_computed(step):
        known = ", ".join(sorted(one.__name__ for one in COMPUTED))
        raise UnconvertibleError(
            f"FunctionTransformer({getattr(step.func, '__name__', 'a function')}) has no converter; use a function of "
            f"NumPy ({known}) or a column that is computed before training"
        )
    if step.func is np.log1p:
        return graph.op("Log", graph.op("Add", source, graph.constant(1.0)))
    if step.func is np.expm1:
        return graph.op("Sub", graph.op("Exp", source), graph.constant(1.0))
    if step.func is np.square:
        return graph.op("Mul", source, source)
    return graph.op(FUNCTIONS[step.func], source)


def is_computed(step: Any) -> bool:
    """Whether a FunctionTransformer has no function, or one that has operators here."""
    return step.func is None or (isinstance(step.func, np.ufunc) and step.func in COMPUTED and not step.kw_args)


SELECTIONS = (
    *("SelectKBest", "SelectPercentile", "SelectFpr", "SelectFdr", "SelectFwe", "GenericUnivariateSelect"),
    *("SelectFromModel", "VarianceThreshold", "SequentialFeatureSelector", "RFE", "RFECV"),
)
Step = Callable[[Graph, Any, str], str]
STEPS: Mapping[str, Step] = {
    "PolynomialFeatures": polynomials,
    "SplineTransformer": splines,
    "PowerTransformer": power,
    "QuantileTransformer": quantiles,
    "SimpleImputer": filled,
    "MissingIndicator": flags,
    "KBinsDiscretizer": bins,
    "OneHotEncoder": one_hot,
    "TargetEncoder": means,
    "FunctionTransformer": function,
    **dict.fromkeys(SELECTIONS, selected),
}
"""Each takes the name of rows [n, features] and returns that of the step's output."""
Library = Callable[[Any, str, int], str]


def stepped(graph: Graph, step: Any, source: str, width: int, library: Library) -> str:
    """The output of one fitted step for rows [n, width]; `library` converts those that have no nodes here.

    Raises UnconvertibleError.
    """
    name = type(step).__name__
    if step is None or (isinstance(step, str) and step == "passthrough"):
        return source
    if name == "Pipeline":
        for _, one in step.steps:
            source = stepped(graph, one, source, int(getattr(one, "n_features_in_", width)), library)
        return source
    if name == "FeatureUnion":
        parts = [
            _weighed(graph, stepped(graph, one, source, width, library), (step.transformer_weights or {}).get(key))
            for key, one in step.transformer_list
            if not (isinstance(one, str) and one == "drop")
        ]
        return graph.side_by_side(parts)
    if name == "ColumnTransformer":
        return graph.side_by_side(list(_branches(graph, step, source, library)))
    if own := STEPS.get(name):
        return own(graph, step, source)
    return library(Pipeline([("step", step)]), source, width)


def _branches(graph: Graph, step: Any, source: str, library: Library) -> Iterator[str]:
    if step.transformer_weights:
        raise UnconvertibleError("ColumnTransformer(transformer_weights=…) has no converter; scale the columns instead")
    names = [str(name) for name in getattr(step, "feature_names_in_", [])]
    for _, one, where in step.transformers_:
        if isinstance(one, str) and one == "drop":
            continue
        places = np.arange(step.n_features_in_)
        if isinstance(where, slice | int):
            places = np.atleast_1d(places[where])
        else:
            listed = [names.index(place) if isinstance(place, str) else place for place in np.atleast_1d(where)]
            places = places[np.asarray(listed, dtype=bool if np.asarray(where).dtype == bool else np.int64)]
        if len(places):
            rows = graph.columns(source, [int(place) for place in places])
            yield stepped(graph, one, rows, len(places), library)


def _weighed(graph: Graph, source: str, weight: float | None) -> str:
    return source if weight is None else graph.op("Mul", source, graph.constant(float(weight)))
