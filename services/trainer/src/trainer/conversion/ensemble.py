"""Trees as one ONNX operator, with the library's own float64 numbers: no rounding moves a row across a split."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx import numpy_helper

from trainer.conversion.graph import ML, Graph
from trainer.conversion.trees import Tree

SUM, NO_TRANSFORM = 1, 0
AT_MOST, BELOW, MEMBER = 0, 1, 6


def sums(
    graph: Graph, trees: Sequence[tuple[Tree, int, int]], source: str, targets: int, dtype: type = np.float64
) -> str:
    """[n, targets]: for each (tree, output, target) the leaf's output is added to that target, in this order.

    `dtype` is that of the rows, of the comparisons and of the sums.
    """
    made = _Nodes()
    for tree, output, target in trees:
        made.add(tree, output, target)
    return graph.op("TreeEnsemble", source, domain=ML, **made.attributes(targets, dtype))


class _Nodes:
    """The operator's arrays: leaves are counted apart from the nodes that split."""

    def __init__(self) -> None:
        self.features: list[int] = []
        self.splits: list[float] = []
        self.modes: list[int] = []
        self.gaps: list[int] = []
        self.members: list[float] = []
        self.branches: dict[str, list[int]] = {"true": [], "false": []}
        self.at_leaf: dict[str, list[int]] = {"true": [], "false": []}
        self.targets: list[int] = []
        self.weights: list[float] = []
        self.roots: list[int] = []

    def add(self, tree: Tree, output: int, target: int) -> None:
        inner = np.flatnonzero(tree.asked >= 0)
        places = {int(node): len(self.features) + at for at, node in enumerate(inner)}
        self.roots.append(len(self.features))
        if not len(inner):
            self._split(0, 0.0, AT_MOST, gaps=False)
            self._follow("true", tree, 0, places, output, target)
            self._follow("false", tree, 0, places, output, target)
        compares = BELOW if tree.below else AT_MOST
        for node in inner:
            belong = tree.members.get(int(node))
            mode = compares if belong is None else MEMBER
            threshold = 0.0 if belong is not None else float(tree.thresholds[node])
            self._split(int(tree.asked[node]), threshold, mode, gaps=bool(tree.gaps[node]))
            self.members += [] if belong is None else [*belong, float("nan")]
            self._follow("true", tree, int(tree.yes[node]), places, output, target)
            self._follow("false", tree, int(tree.no[node]), places, output, target)

    def attributes(self, targets: int, dtype: type) -> dict[str, Any]:
        """The attributes of a TreeEnsemble of opset 5."""
        found: dict[str, Any] = {
            "nodes_featureids": self.features,
            "nodes_splits": numpy_helper.from_array(np.array(self.splits, dtype=dtype), ""),
            "nodes_modes": numpy_helper.from_array(np.array(self.modes, dtype=np.uint8), ""),
            "nodes_missing_value_tracks_true": self.gaps,
            "nodes_truenodeids": self.branches["true"],
            "nodes_trueleafs": self.at_leaf["true"],
            "nodes_falsenodeids": self.branches["false"],
            "nodes_falseleafs": self.at_leaf["false"],
            "leaf_targetids": self.targets,
            "leaf_weights": numpy_helper.from_array(np.array(self.weights, dtype=dtype), ""),
            "tree_roots": self.roots,
            "n_targets": targets,
            "aggregate_function": SUM,
            "post_transform": NO_TRANSFORM,
        }
        if self.members:
            found["membership_values"] = numpy_helper.from_array(np.array(self.members, dtype=dtype), "")
        return found

    def _split(self, feature: int, threshold: float, mode: int, *, gaps: bool) -> None:
        self.features.append(feature)
        self.splits.append(threshold)
        self.modes.append(mode)
        self.gaps.append(int(gaps))

    def _follow(self, side: str, tree: Tree, node: int, places: dict[int, int], output: int, target: int) -> None:
        leaf = node not in places
        self.at_leaf[side].append(int(leaf))
        self.branches[side].append(len(self.weights) if leaf else places[node])
        if leaf:
            self.targets.append(target)
            self.weights.append(float(tree.values[node, output]))
