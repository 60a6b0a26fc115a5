"""Steps that look at each value by itself: gaps filled or marked, bins, categories compared or looked up."""

from typing import Any

import numpy as np

from trainer.conversion.graph import Graph
from trainer.errors import UnconvertibleError


def filled(graph: Graph, step: Any, source: str) -> str:
    """SimpleImputer, with `add_indicator` the marks of the gaps behind the columns."""
    _check_gap(step)
    fills = np.asarray(step.statistics_, dtype=np.float64)
    kept = np.flatnonzero(~np.isnan(fills))
    whole = graph.op("Where", graph.op("IsNaN", source), graph.constant(np.nan_to_num(fills)), source)
    if len(kept) < len(fills):
        # A column without a single value is dropped, unless the imputer keeps it.
        whole = graph.columns(whole, [int(place) for place in kept])
    return graph.side_by_side([whole, flags(graph, step.indicator_, source)]) if step.add_indicator else whole


def flags(graph: Graph, step: Any, source: str) -> str:
    """MissingIndicator: 1 where a column has a gap."""
    _check_gap(step)
    return graph.columns(graph.double(graph.op("IsNaN", source)), [int(place) for place in step.features_])


def selected(graph: Graph, step: Any, source: str) -> str:
    """The columns that a selection of features keeps."""
    return graph.columns(source, [int(place) for place in np.flatnonzero(step.get_support())])


def _check_gap(step: Any) -> None:
    gap = step.missing_values
    if not (isinstance(gap, float) and np.isnan(gap)):
        raise UnconvertibleError(
            f"{type(step).__name__}(missing_values={gap!r}) has no converter; make that value a gap of the table"
        )


def bins(graph: Graph, step: Any, source: str) -> str:
    """KBinsDiscretizer: how many of the inner edges a value has reached, or that one-hot."""
    parts = []
    for place, edges in enumerate(step.bin_edges_):
        inner = np.asarray(edges[1:-1], dtype=np.float64)
        column = graph.columns(source, [place])
        reached = graph.double(graph.op("GreaterOrEqual", column, graph.constant(inner[None, :])))
        number = graph.op("ReduceSum", reached, graph.constant([1], np.int64))
        parts.append(number if step.encode == "ordinal" else hits(graph, number, np.arange(len(inner) + 1.0)))
    return graph.side_by_side(parts)


def hits(graph: Graph, column: str, keys: Any) -> str:
    """[n, keys]: 1 where the value of a column [n, 1] is the key; a key that is not a number is a gap."""
    numbers = np.asarray(keys, dtype=np.float64)
    same = graph.double(graph.op("Equal", column, graph.constant(numbers[None, :])))
    if not np.isnan(numbers).any():
        return same
    gaps = graph.op("Mul", graph.double(graph.op("IsNaN", column)), graph.constant(np.isnan(numbers)[None, :]))
    return graph.op("Add", same, gaps)


def one_hot(graph: Graph, step: Any, source: str) -> str:
    """OneHotEncoder of numbers."""
    _check_numbers(step)
    parts = []
    for place, keys in enumerate(step.categories_):
        found = hits(graph, graph.columns(source, [place]), keys)
        dropped = None if step.drop_idx_ is None else step.drop_idx_[place]
        if dropped is not None:
            found = graph.columns(found, [one for one in range(len(keys)) if one != dropped])
        parts.append(found)
    return graph.side_by_side(parts)


def means(graph: Graph, step: Any, source: str) -> str:
    """TargetEncoder of numbers: the mean of the target at each value, and that of all rows at an unknown one."""
    _check_numbers(step)
    each = len(step.encodings_) // len(step.categories_)
    others = np.atleast_1d(np.asarray(step.target_mean_, dtype=np.float64))
    parts = []
    for place, keys in enumerate(step.categories_):
        table = np.stack(step.encodings_[place * each : (place + 1) * each], axis=1)
        found = hits(graph, graph.columns(source, [place]), keys)
        known = graph.op("ReduceSum", found, graph.constant([1], np.int64))
        mean = graph.op("MatMul", found, graph.constant(table))
        other = graph.op("Mul", graph.op("Sub", graph.constant(1.0), known), graph.constant(others[None, :]))
        parts.append(graph.op("Add", mean, other))
    return graph.side_by_side(parts)


def _check_numbers(step: Any) -> None:
    name = type(step).__name__
    if any(np.asarray(keys).dtype.kind not in "biuf" for keys in step.categories_):
        raise UnconvertibleError(f"{name} of texts has no converter here; declare the column as a category instead")
    if getattr(step, "_infrequent_enabled", False):
        raise UnconvertibleError(f"{name}(min_frequency or max_categories) of numbers has no converter; leave them out")
