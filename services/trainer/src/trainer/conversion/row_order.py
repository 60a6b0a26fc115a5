"""Finds the rows that a model of trees treats alike: those between the same thresholds of its main features."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from trainer.conversion.trees import Tree

FEATURES, PARTS = 4, 8
"""The number of features, and of parts each is cut into: more of either was not faster (docs/decisions/0010)."""


def row_cells(trees: Sequence[Tree]) -> list[tuple[int, list[float]]]:
    """For each of the features with the most splits, most first: its place, and its thresholds' inner octiles.

    Empty without trees, and for trees that never split.
    """
    if not trees:
        return []
    asked = np.concatenate([tree.asked for tree in trees])
    thresholds = np.concatenate([tree.thresholds for tree in trees])
    # A leaf asks for none, and between a number and none lies no cut.
    splits = (asked >= 0) & np.isfinite(thresholds)
    asked, thresholds = asked[splits], thresholds[splits]
    places, counts = np.unique(asked, return_counts=True)
    most = places[np.argsort(-counts, kind="stable")][:FEATURES]
    return [(int(place), _cuts(thresholds[asked == place])) for place in most]


def _cuts(thresholds: Any) -> list[float]:
    shares = np.arange(1, PARTS) / PARTS
    return [float(cut) for cut in np.unique(np.quantile(thresholds, shares, method="nearest"))]
