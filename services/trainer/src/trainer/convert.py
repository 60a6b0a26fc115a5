"""A fitted pipeline as ONNX: float32 in, float32 out, and scikit-learn's own float64 arithmetic between."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import ModelProto, TensorProto, compose, helper, numpy_helper
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import DoubleTensorType
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.pipeline import Pipeline
from sklearn.tree._tree import Tree

OPSETS = {"": 18, "ai.onnx.ml": 3}
GRAPH_NAME = "classifier"

# Of two classes with positive weights ONNX Runtime picks the second when it has more than 0.5, whatever the first has.
# A third class that no leaf votes for makes it compare them; `_wrap` cuts its column off.
NEVER_TWO = 3


def to_onnx(pipeline: Pipeline, features: int, classes: int) -> bytes:
    """Input `features` float32 [n, features]; outputs `label` int64 [n], `probabilities` float32 [n, classes].

    In float64 a split threshold, a sum of votes and a linear score are what they are in scikit-learn: no rounding can
    move a row to the other side of a split or break a tie the other way. It costs nothing that could be measured.
    """
    model = pipeline.named_steps["model"]
    core = convert_sklearn(
        pipeline,
        initial_types=[("rows", DoubleTensorType([None, features]))],
        options={id(model): {"zipmap": False}},
        target_opset=OPSETS,
    )
    divisor = 1.0
    if isinstance(model, RandomForestClassifier):
        # A leaf weighs its shares, and the sum is divided once: sums of 1/200 would break ties by their rounding.
        divisor = float(len(model.estimators_))
        _sharpen(core, [one.tree_ for one in model.estimators_], range(classes))
    elif isinstance(model, GradientBoostingClassifier):
        start = np.ravel(model._raw_predict_init(np.zeros((1, features))))
        trees = [one.tree_ for one in np.ravel(model.estimators_)]
        _sharpen(core, trees, range(model.estimators_.shape[1]), boosted=_Boosting(model.learning_rate, start))
    return _wrap(compose.add_prefix(core, "core_"), features, classes, divisor)


@dataclass(frozen=True)
class _Boosting:
    rate: float
    start: npt.NDArray[np.float64]
    """What each class has before the first tree."""


def _sharpen(core: ModelProto, trees: list[Tree], labels: range, *, boosted: _Boosting | None = None) -> None:
    """Give the operator scikit-learn's own float64 thresholds and leaf values.

    skl2onnx knows the shape of the trees; but it writes each number as float32, whatever the type of the input.
    """
    ensemble = next(node for node in core.graph.node if node.op_type == "TreeEnsembleClassifier")
    old = {attribute.name: attribute for attribute in ensemble.attribute}
    nodes = list(zip(old["nodes_treeids"].ints, old["nodes_nodeids"].ints, old["nodes_modes"].strings, strict=True))
    ends = [(tree, node) for tree, node, mode in nodes if mode == b"LEAF"]
    if boosted:
        # Trees take turns: one for each class, then the next round.
        leaves = [(tree, node, tree % len(labels), boosted.rate * trees[tree].value[node, 0, 0]) for tree, node in ends]
    else:
        leaves = [(tree, node, label, trees[tree].value[node, 0, label]) for tree, node in ends for label in labels]
    of_tree, of_node, of_label, weights = zip(*leaves, strict=True)
    thresholds = [0.0 if mode == b"LEAF" else trees[tree].threshold[node] for tree, node, mode in nodes]
    new: dict[str, Any] = {
        "class_treeids": of_tree,
        "class_nodeids": of_node,
        "class_ids": of_label,
        "classlabels_int64s": list(range(max(len(labels), NEVER_TWO)))
        if boosted is None
        else old["classlabels_int64s"].ints,
        "class_weights_as_tensor": _float64(weights),
        "nodes_values_as_tensor": _float64(thresholds),
    }
    if boosted:
        new["base_values_as_tensor"] = _float64(boosted.start)
    replaced = {"nodes_hitrates", *(name.removesuffix("_as_tensor") for name in new)}
    kept = [attribute for name, attribute in old.items() if name not in replaced]
    del ensemble.attribute[:]
    ensemble.attribute.extend(kept)
    ensemble.attribute.extend(helper.make_attribute(name, value) for name, value in new.items())


def _float64(values: Sequence[float] | npt.NDArray[np.float64]) -> TensorProto:
    return numpy_helper.from_array(np.array(values, dtype=np.float64), "")


def _wrap(core: ModelProto, features: int, classes: int, divisor: float) -> bytes:
    """The same graph between casts, with the names that the bundle's format gives, and nothing that varies."""
    label, scores = (output.name for output in core.graph.output)
    nodes = [
        helper.make_node("Cast", ["features"], [core.graph.input[0].name], to=TensorProto.DOUBLE),
        *core.graph.node,
        helper.make_node("Identity", [label], ["label"]),
        helper.make_node("Cast", [scores], ["shares"], to=TensorProto.FLOAT),
        helper.make_node("Slice", ["shares", "from", "to", "axis"], ["of_classes"]),
        helper.make_node("Div", ["of_classes", "divisor"], ["probabilities"]),
    ]
    constants: dict[str, npt.NDArray[Any]] = {
        "divisor": np.array(divisor, dtype=np.float32),
        "from": np.array([0], dtype=np.int64),
        "to": np.array([classes], dtype=np.int64),
        "axis": np.array([1], dtype=np.int64),
    }
    graph = helper.make_graph(
        nodes,
        GRAPH_NAME,
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, features])],
        [
            helper.make_tensor_value_info("label", TensorProto.INT64, [None]),
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, classes]),
        ],
        [*core.graph.initializer, *(numpy_helper.from_array(value, name) for name, value in constants.items())],
    )
    opsets = [helper.make_opsetid(domain, version) for domain, version in sorted(OPSETS.items())]
    wrapped = helper.make_model(graph, opset_imports=opsets, ir_version=core.ir_version, producer_name="trainer")
    onnx.checker.check_model(wrapped)
    return bytes(wrapped.SerializeToString(deterministic=True))
