"""The outputs of an ONNX model of classes in another order of the classes."""

from collections.abc import Sequence

import numpy as np
import onnx
from onnx import helper, numpy_helper


def reordered(model: bytes, order: Sequence[int]) -> bytes:
    """`order` is the place of each new class among the old ones."""
    if list(order) == list(range(len(order))):
        return model
    proto = onnx.load_from_string(model)
    graph = proto.graph
    for node in graph.node:
        for at, name in enumerate(node.output):
            if name in {"label", "probabilities"}:
                node.output[at] = f"own_{name}"
    back = np.argsort(np.asarray(order, dtype=np.int64)).astype(np.int64)
    graph.initializer.extend(
        [
            numpy_helper.from_array(back, "new_places"),
            numpy_helper.from_array(np.asarray(order, dtype=np.int64), "old_places"),
        ]
    )
    graph.node.extend(
        [
            helper.make_node("Gather", ["new_places", "own_label"], ["label"], axis=0),
            helper.make_node("Gather", ["own_probabilities", "old_places"], ["probabilities"], axis=1),
        ]
    )
    onnx.checker.check_model(proto)
    return bytes(proto.SerializeToString(deterministic=True))
