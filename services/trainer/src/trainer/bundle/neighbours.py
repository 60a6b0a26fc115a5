"""Which rows a model of trees treats alike: those between the same thresholds of the features it asks for most."""

from typing import Any

import numpy as np
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

TREES = (RandomForestClassifier, GradientBoostingClassifier, RandomForestRegressor, GradientBoostingRegressor)
FEATURES, PARTS = 4, 8
"""So many features, each cut into so many parts: more of either was not faster (docs/decisions/0010)."""


def row_cells(model: Any) -> list[tuple[int, list[float]]]:
    """For each of the features with the most splits, most first: its place, and its thresholds' inner octiles.

    Empty for other models, and for trees that never split.
    """
    if not isinstance(model, TREES):
        return []
    trees = [one.tree_ for one in np.ravel(model.estimators_)]
    asked = np.concatenate([tree.feature for tree in trees])
    thresholds = np.concatenate([tree.threshold for tree in trees])[asked >= 0]
    asked = asked[asked >= 0]  # a leaf asks for none
    places, counts = np.unique(asked, return_counts=True)
    most = places[np.argsort(-counts, kind="stable")][:FEATURES]
    return [(int(place), _cuts(thresholds[asked == place])) for place in most]


def _cuts(thresholds: Any) -> list[float]:
    shares = np.arange(1, PARTS) / PARTS
    return [float(cut) for cut in np.unique(np.quantile(thresholds, shares, method="nearest"))]
