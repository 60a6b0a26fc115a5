"""The distribution of the training rows: the bins in which the api counts its questions. Pure."""

from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from trainer.contract.columns import MISSING, OTHER, Boolean, Category, Column, Moment, Number
from trainer.contract.contract import Contract
from trainer.data.dataset import Rows

SIGNIFICANT_DIGITS = 4
TOP = 20
"""Learned levels with a bin of their own, the most frequent ones; all others are counted as other."""


def reference(rows: Rows, contract: Contract, bins: int) -> dict[str, Any]:
    """The bundle's reference.json: the bins of each feature and the share of training rows in each.

    A number has at most `bins` bins, a category or boolean one for each value; what may be missing has one more.
    `rows` counts the training rows, so that a reader knows how exact the shares are.
    """
    count = len(rows.labels)
    features = {column.name: _feature(rows.features[column.name], column, bins) for column in contract.columns}
    if contract.task == "regression":
        return {"format": 1, "rows": count, "features": features, "target": _of_numbers(rows.labels, bins)}
    shares = {name: float((rows.labels == label).mean()) for label, name in enumerate(contract.target.classes)}
    return {"format": 1, "rows": count, "features": features, "classes": shares}


def _feature(values: "pd.Series[Any]", column: Column, bins: int) -> dict[str, Any]:
    there = values.dropna()
    match column:
        case Number():
            found = _of_numbers(there.to_numpy(np.float64), bins)
        case Moment():
            found = _of_moments(np.array([column.days(text) for text in there]), column, bins)
        case Category():
            found = _of_names(list(there), _names(column))
        case Boolean():
            found = _of_names(["true" if value else "false" for value in there], ["false", "true"])
    if not column.nullable:
        return found
    present = len(there) / len(values)
    shares = [share * present for share in found["share"]]
    return {**found, "labels": [*found["labels"], MISSING], "share": [*shares, 1.0 - present]}


def _of_moments(values: npt.NDArray[np.float64], column: Moment, bins: int) -> dict[str, Any]:
    """Edges in days from the reference day; the bins are named by the days or, where that is too coarse, by numbers."""
    found = _of_numbers(values, bins)
    start = datetime.fromisoformat(column.reference)
    named = [f"{start + timedelta(days=edge):%Y-%m-%d}" for edge in found["edges"]]
    return {**found, "labels": _between(named)} if len(set(named)) == len(named) else found


def _names(column: Category) -> list[str]:
    if column.levels:
        return [*(name for name in column.categories[:TOP] if name not in (OTHER, MISSING)), OTHER]
    return [*column.categories, *([OTHER] if column.unknown == "other" else [])]


def _of_numbers(values: npt.NDArray[np.float64], bins: int) -> dict[str, Any]:
    edges = inner_edges(values, bins) if len(values) else [0.0]
    counts = np.bincount(np.searchsorted(edges, values, side="left"), minlength=len(edges) + 1)
    share = [float(count / max(len(values), 1)) for count in counts]
    return {"edges": edges, "labels": labels(edges), "share": share}


def _of_names(values: list[str], names: list[str]) -> dict[str, Any]:
    counts = Counter(value if value in names else OTHER for value in values)
    return {"labels": names, "share": [counts[name] / max(len(values), 1) for name in names]}


def inner_edges(values: npt.NDArray[np.float64], bins: int) -> list[float]:
    """Quantiles that rows really have, in few digits, each bin holding a row.

    A constant column has one edge, its value: everything at or below it, and everything above.
    """
    steps = np.arange(1, bins) / bins
    exact = np.quantile(values, steps, method="inverted_cdf")
    spread = float(np.ptp(values))
    decimals = SIGNIFICANT_DIGITS - 1 - int(np.floor(np.log10(spread))) if spread else None
    rounded = exact if decimals is None else np.round(exact, decimals)
    edges: list[float] = []
    for edge in sorted({float(edge) for edge in rounded}):
        below = edges[-1] if edges else -np.inf
        if ((values > below) & (values <= edge)).any() and (values > edge).any():
            edges.append(edge)
    return edges or [float(values.max())]


def labels(edges: list[float]) -> list[str]:
    """Names of the len(edges) + 1 bins, each closed on the right."""
    return _between([f"{edge:.12g}" for edge in edges])


def _between(edges: list[str]) -> list[str]:
    ends = ["-inf", *edges]
    return [*(f"({low}, {high}]" for low, high in pairwise(ends)), f"({ends[-1]}, +inf)"]
