"""The trees of a fitted ensemble, whichever class of scikit-learn holds them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Tree:
    """Arrays over the nodes, in scikit-learn's order."""

    asked: npt.NDArray[np.int64]
    """The place of the feature that the node compares; -1 of a leaf."""
    thresholds: npt.NDArray[np.float64]
    values: npt.NDArray[np.float64]
    """[nodes, outputs]: what a leaf adds."""


def trees_of(model: Any) -> list[Tree]:
    """In the order of the ONNX operator: by round, then by class. Empty for a model without trees."""
    if hasattr(model, "_predictors"):
        return [_binned(tree.nodes) for one_round in model._predictors for tree in one_round]
    if not hasattr(model, "estimators_"):
        return []
    rate = getattr(model, "learning_rate", 1.0)
    return [_plain(one.tree_, rate) for one in np.ravel(model.estimators_)]


def start_of(model: Any, features: int) -> npt.NDArray[np.float64]:
    """The value that boosting adds its trees to, [outputs]."""
    if hasattr(model, "_baseline_prediction"):
        return np.ravel(model._baseline_prediction).astype(np.float64)
    return np.ravel(model._raw_predict_init(np.zeros((1, features)))).astype(np.float64)


def _plain(tree: Any, rate: float) -> Tree:
    asked = np.asarray(tree.feature, dtype=np.int64)
    return Tree(np.where(asked < 0, -1, asked), np.asarray(tree.threshold), rate * np.asarray(tree.value[:, 0, :]))


def _binned(nodes: npt.NDArray[Any]) -> Tree:
    asked = np.where(nodes["is_leaf"], -1, nodes["feature_idx"].astype(np.int64))
    return Tree(asked, nodes["num_threshold"].astype(np.float64), nodes["value"].astype(np.float64)[:, None])
