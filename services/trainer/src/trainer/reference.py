"""What the training rows looked like: the bins in which the api counts what it is asked. Pure."""

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from trainer.dataset import Rows

SIGNIFICANT_DIGITS = 4


def reference(rows: Rows, classes: tuple[str, ...], bins: int) -> dict[str, Any]:
    """The bundle's reference.json: for each feature at most `bins` bins, and the share of training rows in each."""
    return {
        "format": 1,
        "features": {name: _feature(rows.features[name].to_numpy(np.float64), bins) for name in rows.features.columns},
        "classes": {name: float((rows.labels == label).mean()) for label, name in enumerate(classes)},
    }


def _feature(values: npt.NDArray[np.float64], bins: int) -> dict[str, Any]:
    edges = inner_edges(values, bins)
    counts = np.bincount(np.searchsorted(edges, values, side="left"), minlength=len(edges) + 1)
    return {"edges": edges, "labels": labels(edges), "share": [float(count / len(values)) for count in counts]}


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
    ends = ["-inf", *(f"{edge:.12g}" for edge in edges)]
    return [*(f"({low}, {high}]" for low, high in pairwise(ends)), f"({ends[-1]}, +inf)"]
