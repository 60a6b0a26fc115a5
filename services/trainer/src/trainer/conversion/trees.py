"""The trees of a fitted ensemble, whichever library holds them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from trainer.errors import UnconvertibleError


@dataclass(frozen=True)
class Tree:
    """Arrays over the nodes; node 0 is the root."""

    asked: npt.NDArray[np.int64]
    """The place of the feature that the node compares; -1 of a leaf."""
    thresholds: npt.NDArray[np.float64]
    values: npt.NDArray[np.float64]
    """[nodes, outputs]: what a leaf adds."""
    yes: npt.NDArray[np.int64]
    """The node that follows where the value is at most the threshold (below it, with `below`), or in `members`."""
    no: npt.NDArray[np.int64]
    gaps: npt.NDArray[np.bool_]
    """Whether a missing value follows `yes`."""
    below: bool = False
    members: Mapping[int, list[float]] = field(default_factory=dict)
    """For nodes that ask for categories: the categories that follow `yes`."""
    covers: npt.NDArray[np.float64] = field(default_factory=lambda: np.ones(1))
    """[nodes]: how many training rows reached the node, as the library weighs them."""


ENSEMBLES = [
    f"{kind}{task}"
    for kind in ("RandomForest", "ExtraTrees", "GradientBoosting")
    for task in ("Classifier", "Regressor")
]


def trees_of(model: Any) -> list[Tree]:
    """The trees of scikit-learn's ensembles by round, then by class. Empty for a model without trees."""
    if hasattr(model, "_predictors"):
        return [_binned(tree.nodes) for one_round in model._predictors for tree in one_round]
    if hasattr(model, "tree_"):
        return [_plain(model.tree_, 1.0)]
    if type(model).__name__ not in ENSEMBLES:
        return []
    rate = getattr(model, "learning_rate", 1.0)
    return [_plain(one.tree_, rate) for one in np.ravel(model.estimators_)]


def start_of(model: Any, features: int) -> npt.NDArray[np.float64]:
    """The value that boosting adds its trees to, [outputs]. Raises UnconvertibleError where it depends on the row."""
    if hasattr(model, "_baseline_prediction"):
        return np.ravel(model._baseline_prediction).astype(np.float64)
    if model.init not in (None, "zero"):
        raise UnconvertibleError(f"{type(model).__name__} starts from an estimator of its own; leave init out")
    return np.ravel(model._raw_predict_init(np.zeros((1, features)))).astype(np.float64)


def constant(value: float) -> Tree:
    """A tree of one leaf."""
    none = np.array([-1])
    return Tree(none, np.zeros(1), np.array([[value]]), none, none, np.zeros(1, dtype=bool))


def _plain(tree: Any, rate: float) -> Tree:
    if tree.n_outputs > 1:
        raise UnconvertibleError("it answers several targets at once")
    asked = np.asarray(tree.feature, dtype=np.int64)
    leaf = tree.children_left < 0
    return Tree(
        np.where(leaf, -1, asked),
        np.asarray(tree.threshold),
        rate * np.asarray(tree.value[:, 0, :]),
        np.asarray(tree.children_left, dtype=np.int64),
        np.asarray(tree.children_right, dtype=np.int64),
        np.asarray(tree.missing_go_to_left, dtype=bool) & ~leaf,
        covers=np.asarray(tree.weighted_n_node_samples, dtype=np.float64),
    )


def _binned(nodes: npt.NDArray[Any]) -> Tree:
    leaf = nodes["is_leaf"].astype(bool)
    if nodes["is_categorical"].any():
        raise UnconvertibleError("its categorical_features have no converter; leave them one-hot")
    return Tree(
        np.where(leaf, -1, nodes["feature_idx"].astype(np.int64)),
        nodes["num_threshold"].astype(np.float64),
        nodes["value"].astype(np.float64)[:, None],
        np.where(leaf, -1, nodes["left"].astype(np.int64)),
        np.where(leaf, -1, nodes["right"].astype(np.int64)),
        nodes["missing_go_to_left"].astype(bool) & ~leaf,
        covers=nodes["count"].astype(np.float64),
    )
