"""Steps that make curves of numbers: polynomials, splines, power and quantile transforms."""

from typing import Any

import numpy as np
from onnx import TensorProto
from scipy.interpolate import PPoly  # type: ignore[import-untyped]

from trainer.conversion.graph import Graph
from trainer.errors import UnconvertibleError

Factors = tuple[int, ...]


def polynomials(graph: Graph, step: Any, source: str) -> str:
    """PolynomialFeatures: products by degree, each of one of the degree below, in scikit-learn's order of factors."""
    wanted = [tuple(np.repeat(np.arange(len(row)), row).tolist()) for row in step.powers_]
    levels: list[set[Factors]] = [set() for _ in range(max(map(len, wanted)) + 1)]
    for one in wanted:
        for start in range(len(one)):
            levels[len(one) - start].add(one[start:])
    found: dict[Factors, int] = {}
    parts: list[str] = []
    below: list[Factors] = []
    if () in wanted:
        parts.append(_ones(graph, source))
        found[()] = 0
    for level in levels[1:]:
        these = sorted(level)
        first = graph.columns(source, [one[0] for one in these])
        if below:
            rest = graph.columns(parts[-1], [below.index(one[1:]) for one in these])
            first = graph.op("Mul", rest, first)
        start = len(found)
        found |= {one: start + place for place, one in enumerate(these)}
        parts.append(first)
        below = these
    return graph.columns(graph.side_by_side(parts), [found[one] for one in wanted])


def _ones(graph: Graph, source: str) -> str:
    """[n, 1]"""
    first = graph.double(graph.op("IsNaN", graph.columns(source, [0])))
    return graph.op("Add", graph.op("Mul", first, graph.constant(0.0)), graph.constant(1.0))


def splines(graph: Graph, step: Any, source: str) -> str:
    """SplineTransformer: the polynomial of the piece that a value lies in; outside the value at the nearest knot."""
    if step.extrapolation != "constant":
        raise UnconvertibleError(
            f"SplineTransformer(extrapolation={step.extrapolation!r}) has no converter; use constant"
        )
    parts = [_spline(graph, step, one, graph.columns(source, [place])) for place, one in enumerate(step.bsplines_)]
    return graph.side_by_side(parts)


def _spline(graph: Graph, step: Any, spline: Any, column: str) -> str:
    degree, knots = step.degree, spline.t
    pieces = [one for one in range(degree, len(knots) - degree - 1) if knots[one] < knots[one + 1]]
    starts = np.array([knots[one] for one in pieces])
    low, high = graph.constant(float(knots[degree])), graph.constant(float(knots[-degree - 1]))
    bounded = graph.op("Min", graph.op("Max", column, low), high)
    # [n, pieces]: 1 in the piece that holds the value; the last one holds its end.
    reached = graph.double(graph.op("GreaterOrEqual", bounded, graph.constant(starts[None, :])))
    ends = graph.constant(np.append(starts[1:], np.inf)[None, :])
    inside = graph.op("Sub", reached, graph.double(graph.op("GreaterOrEqual", bounded, ends)))
    offset = graph.op("Sub", bounded, graph.constant(starts[None, :]))
    terms = [inside]
    for _ in range(degree):
        terms.append(graph.op("Mul", terms[-1], offset))
    functions = spline.c.shape[1] - (0 if step.include_bias else 1)
    curves = [PPoly.from_spline((knots, spline.c[:, one], degree)).c for one in range(functions)]
    # [degree + 1, pieces, functions]; SciPy has the highest power first.
    table = np.stack([curve[::-1, pieces] for curve in curves], axis=-1).reshape(-1, functions)
    return graph.op("MatMul", graph.side_by_side(terms), graph.constant(table))


def quantiles(graph: Graph, step: Any, source: str) -> str:
    """QuantileTransformer: straight lines between the quantiles; where several are one value, their middle."""
    if step.output_distribution != "uniform":
        raise UnconvertibleError("QuantileTransformer(output_distribution='normal') has no converter; use uniform")
    parts = []
    for place, given in enumerate(np.asarray(step.quantiles_, dtype=np.float64).T):
        column = graph.columns(source, [place])
        values, first, counts = np.unique(given, return_index=True, return_counts=True)
        low, high = step.references_[first], step.references_[first + counts - 1]
        at = (low + high) / 2
        at[0], at[-1] = 0.0, 1.0
        slopes = np.append((low[1:] - high[:-1]) / np.diff(values), 0.0)
        bounds = graph.constant(float(values[0])), graph.constant(float(values[-1]))
        bounded = graph.op("Min", graph.op("Max", column, bounds[0]), bounds[1])
        reached = graph.double(graph.op("GreaterOrEqual", bounded, graph.constant(values[None, :])))
        number = graph.op("Sub", graph.op("ReduceSum", reached, graph.constant([1], np.int64)), graph.constant(1.0))
        index = graph.op("Cast", graph.op("Max", number, graph.constant(0.0)), to=TensorProto.INT64)
        start, height, slope, exact = (
            graph.op("Gather", graph.constant(one), index) for one in (values, high, slopes, at)
        )
        line = graph.op("Add", height, graph.op("Mul", slope, graph.op("Sub", bounded, start)))
        made = graph.op("Where", graph.op("Equal", bounded, start), exact, line)
        parts.append(graph.op("Where", graph.op("IsNaN", column), column, made))
    return graph.side_by_side(parts)


def power(graph: Graph, step: Any, source: str) -> str:
    """PowerTransformer, and the scaling behind it."""
    parts = []
    for place, exponent in enumerate(np.asarray(step.lambdas_, dtype=np.float64)):
        column = graph.columns(source, [place])
        if step.method == "box-cox":
            parts.append(_raised(graph, column, float(exponent)))
            continue
        one, zero = graph.constant(1.0), graph.constant(0.0)
        above = _raised(graph, graph.op("Add", graph.op("Max", column, zero), one), float(exponent))
        under = _raised(graph, graph.op("Sub", one, graph.op("Min", column, zero)), 2.0 - float(exponent))
        curve = graph.op("Where", graph.op("Less", column, zero), graph.op("Neg", under), above)
        parts.append(graph.op("Where", graph.op("IsNaN", column), column, curve))
    made = graph.side_by_side(parts)
    if not step.standardize:
        return made
    scaler = step._scaler  # noqa: SLF001 - scikit-learn has no public name for it
    return graph.op("Div", graph.op("Sub", made, graph.constant(scaler.mean_)), graph.constant(scaler.scale_))


def _raised(graph: Graph, column: str, exponent: float) -> str:
    """(x^e - 1) / e, and at 0 its limit, the logarithm."""
    if abs(exponent) < np.spacing(1.0):
        return graph.op("Log", column)
    raised = graph.op("Pow", column, graph.constant(exponent))
    return graph.op("Div", graph.op("Sub", raised, graph.constant(1.0)), graph.constant(exponent))
