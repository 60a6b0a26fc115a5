"""Trees in ONNX with scikit-learn's own float64 numbers: no rounding moves a row to the other side of a split."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import ModelProto, TensorProto, helper, numpy_helper

from trainer.bundle.trees import Tree, start_of, trees_of
from trainer.estimators import ESTIMATORS

# Of two classes with positive weights ONNX Runtime picks the second when it has more than 0.5, whatever the first has.
# A third class that no leaf votes for makes it compare them; `convert` cuts its column off.
NEVER_TWO = 3

Leaf = tuple[int, int]
"""A tree and a node of it."""


@dataclass(frozen=True)
class Sharpened:
    """The rest to do with the operator's output: divide it, then add. Summed first, a tie stays a tie."""

    divisor: float = 1.0
    offset: float = 0.0


def sharpen(core: ModelProto, model: Any, features: int, classes: int) -> Sharpened:
    """Rewrite the tree operator in place, if the model is one of trees.

    skl2onnx knows the shape of the trees; but it writes each number as float32, whatever the type of the input.
    """
    row = ESTIMATORS.get(type(model).__name__)
    trees = trees_of(model)
    match row.leaves if row else None:
        case "votes":
            _votes(core, trees, classes)
            # A leaf weighs its shares, and the sum is divided once: sums of 1/200 would break ties by their rounding.
            return Sharpened(divisor=float(len(trees)))
        case "scores":
            _scores(core, trees, start_of(model, features))
        case "means":
            # The operator's sum is a float32 in the end: what all trees have in common is added afterwards.
            offset = float(np.mean([tree.values[0, 0] for tree in trees]))
            _values(core, trees, lambda tree, node: trees[tree].values[node, 0] - offset)
            return Sharpened(float(len(trees)), offset)
        case "sums":
            _values(core, trees, lambda tree, node: trees[tree].values[node, 0])
            return Sharpened(offset=float(start_of(model, features)[0]))
    return Sharpened()


def _votes(core: ModelProto, trees: list[Tree], classes: int) -> None:
    ensemble = _Ensemble(core, "TreeEnsembleClassifier", trees)
    leaves = [
        ((tree, node), label, trees[tree].values[node, label])
        for tree, node in ensemble.leaves
        for label in range(classes)
        if trees[tree].values[node, label]  # a leaf with one vote is a look-up less
    ]
    ensemble.rewrite("class", leaves, classlabels_int64s=list(range(max(classes, NEVER_TWO))))


def _scores(core: ModelProto, trees: list[Tree], start: npt.NDArray[np.float64]) -> None:
    ensemble, labels = _Ensemble(core, "TreeEnsembleClassifier", trees), len(start)
    # Trees take turns: one for each class, then the next round.
    leaves = [((tree, node), tree % labels, trees[tree].values[node, 0]) for tree, node in ensemble.leaves]
    ensemble.rewrite("class", leaves, base_values_as_tensor=_float64(start))


def _values(core: ModelProto, trees: list[Tree], value: Callable[[int, int], float]) -> None:
    ensemble = _Ensemble(core, "TreeEnsembleRegressor", trees)
    ensemble.rewrite(
        "target", [(leaf, 0, value(*leaf)) for leaf in ensemble.leaves], base_values_as_tensor=_float64([0.0])
    )


class _Ensemble:
    def __init__(self, core: ModelProto, operator: str, trees: list[Tree]) -> None:
        self._node = next(node for node in core.graph.node if node.op_type == operator)
        self._old = {attribute.name: attribute for attribute in self._node.attribute}
        numbers, modes = self._old["nodes_treeids"].ints, self._old["nodes_modes"].strings
        nodes = list(zip(numbers, self._old["nodes_nodeids"].ints, modes, strict=True))
        self.leaves: list[Leaf] = [(tree, node) for tree, node, mode in nodes if mode == b"LEAF"]
        self._thresholds = [0.0 if mode == b"LEAF" else trees[tree].thresholds[node] for tree, node, mode in nodes]

    def rewrite(self, prefix: str, leaves: list[tuple[Leaf, int, float]], **others: Any) -> None:
        """`leaves`: where, for which label, how much. `prefix` is what the names of their attributes begin with."""
        places, labels, weights = zip(*leaves, strict=True)
        new: dict[str, Any] = {
            f"{prefix}_treeids": [tree for tree, _ in places],
            f"{prefix}_nodeids": [node for _, node in places],
            f"{prefix}_ids": labels,
            f"{prefix}_weights_as_tensor": _float64(weights),
            "nodes_values_as_tensor": _float64(self._thresholds),
            **others,
        }
        replaced = {"nodes_hitrates", *(name.removesuffix("_as_tensor") for name in new)}
        kept = [attribute for name, attribute in self._old.items() if name not in replaced]
        del self._node.attribute[:]
        self._node.attribute.extend(kept)
        self._node.attribute.extend(helper.make_attribute(name, value) for name, value in new.items())


def _float64(values: Sequence[float] | npt.NDArray[np.float64]) -> TensorProto:
    return numpy_helper.from_array(np.array(values, dtype=np.float64), "")
