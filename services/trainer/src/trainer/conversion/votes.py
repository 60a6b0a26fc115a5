"""A forest's votes as one ONNX operator that also names the label, decided before its sums are rounded to float32."""

from typing import Any

import numpy as np
from onnx import numpy_helper

from trainer.conversion.graph import ML, Graph
from trainer.conversion.trees import Tree

# Of two classes with positive weights ONNX Runtime picks the second when it has more than 0.5, whatever the first has.
# A third class that no leaf votes for makes it compare them; its column is cut off.
NEVER_TWO = 3


def votes(graph: Graph, trees: list[Tree], source: str, classes: int) -> tuple[str, str]:
    """The label, int64 [n], and the shares of the classes, float32 [n, classes].

    A leaf weighs its shares, and the sum is divided once: sums of 1/200 would break ties by their rounding.
    """
    label, sums = graph.outputs("TreeEnsembleClassifier", source, count=2, domain=ML, **_attributes(trees, classes))
    one = graph.constant([1], np.int64)
    of_classes = graph.op("Slice", sums, graph.constant([0], np.int64), graph.constant([classes], np.int64), one)
    return label, graph.op("Div", of_classes, graph.constant(float(len(trees)), np.float32))


def _attributes(trees: list[Tree], classes: int) -> dict[str, Any]:
    """The attributes of a TreeEnsembleClassifier of opset 3."""
    numbers: list[int] = []
    places: list[int] = []
    modes: list[str] = []
    features: list[int] = []
    yes: list[int] = []
    no: list[int] = []
    gaps: list[int] = []
    thresholds: list[float] = []
    leaves: list[tuple[int, int, int, float]] = []
    for number, tree in enumerate(trees):
        leaf = tree.asked < 0
        count = len(leaf)
        numbers += [number] * count
        places += range(count)
        features += np.where(leaf, 0, tree.asked).tolist()
        modes += ["LEAF" if one else "BRANCH_LEQ" for one in leaf]
        yes += np.where(leaf, 0, tree.yes).tolist()
        no += np.where(leaf, 0, tree.no).tolist()
        gaps += tree.gaps.astype(int).tolist()
        thresholds += np.where(leaf, 0.0, tree.thresholds).tolist()
        # A leaf with one vote is a look-up less.
        leaves += [
            (number, int(node), label, float(tree.values[node, label]))
            for node in np.flatnonzero(leaf)
            for label in range(classes)
            if tree.values[node, label]
        ]
    of_trees, of_nodes, labels, weights = zip(*leaves, strict=True)
    return {
        "nodes_treeids": numbers,
        "nodes_nodeids": places,
        "nodes_featureids": features,
        "nodes_modes": modes,
        "nodes_truenodeids": yes,
        "nodes_falsenodeids": no,
        "nodes_missing_value_tracks_true": gaps,
        "nodes_values_as_tensor": numpy_helper.from_array(np.array(thresholds, dtype=np.float64), ""),
        "class_treeids": of_trees,
        "class_nodeids": of_nodes,
        "class_ids": labels,
        "class_weights_as_tensor": numpy_helper.from_array(np.array(weights, dtype=np.float64), ""),
        "classlabels_int64s": list(range(max(classes, NEVER_TWO))),
        "post_transform": "NONE",
    }
