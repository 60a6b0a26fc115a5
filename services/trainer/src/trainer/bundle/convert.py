"""A fitted pipeline as ONNX: float32 in, and scikit-learn's own float64 arithmetic behind it."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, compose, helper, numpy_helper
from skl2onnx import convert_sklearn
from skl2onnx.common._registration import get_converter
from skl2onnx.common.data_types import DoubleTensorType
from sklearn.pipeline import Pipeline

from trainer.bundle.means import CONVERTERS, SHAPES
from trainer.bundle.neighbours import row_cells
from trainer.bundle.sharpen import Sharpened, sharpen
from trainer.training.preparation import fills

OPSETS = {"": 18, "ai.onnx.ml": 3}
CLASSIFIER, REGRESSOR = "classifier", "regressor"
ROW_CELLS = "row_cells"
"""In the file's metadata: which rows are neighbours, and answered fastest one after the other."""


def to_onnx(pipeline: Pipeline, features: int, classes: int) -> bytes:
    """Input `features` float32 [n, features], encoded as docs/formats says.

    Outputs `label` int64 [n] and `probabilities` float32 [n, classes]; without classes `value` float64 [n]. In float64
    a split threshold, a sum of votes and a linear score are what they are in scikit-learn: no rounding can move a row
    to the other side of a split or break a tie the other way. It costs nothing that could be measured.
    """
    model = pipeline.named_steps["model"]
    prepared = "fill" in pipeline.named_steps
    served = Pipeline([step for step in pipeline.steps if step[0] not in {"encode", "single", "fill"}])
    spread = int(getattr(model, "n_features_in_", features))
    whole = hasattr(model, "_predictors")
    core = convert_sklearn(
        served,
        initial_types=[("rows", DoubleTensorType([None, features]))],
        options={id(model): {"zipmap": False}} if classes else None,
        target_opset=OPSETS,
        custom_conversion_functions={**CONVERTERS, **({type(model): _whole_numbers} if whole else {})},
        custom_shape_calculators=SHAPES,
    )
    left = sharpen(core, model, spread, classes)
    core = compose.add_prefix(core, "core_")
    filled = fills(pipeline) if prepared else None
    end = _of_classes(core, classes, left) if classes else _of_value(core, left)
    # Preparation spreads the values over other columns than those of the rows that come in.
    cells = [] if prepared or len(served.steps) > 1 else row_cells(model)
    return _wrap(core, features, end, filled, {ROW_CELLS: json.dumps(cells)} if cells else {})


def _whole_numbers(scope: Any, operator: Any, container: Any) -> None:
    """skl2onnx's own conversion; it writes booleans among whole numbers, which protobuf 7 refuses."""

    class Whole:
        def __getattr__(self, name: str) -> Any:
            return getattr(container, name)

        def add_node(self, *arguments: Any, **attributes: Any) -> None:
            flags = "nodes_missing_value_tracks_true"
            container.add_node(*arguments, **attributes | {flags: [int(one) for one in attributes[flags]]})

    get_converter(operator.type)(scope, operator, Whole())


@dataclass(frozen=True)
class _End:
    """The part after the converted graph: nodes, their constants, and the model's outputs."""

    name: str
    nodes: list[NodeProto]
    constants: dict[str, npt.NDArray[Any]]
    outputs: list[ValueInfoProto]


def _of_classes(core: ModelProto, classes: int, left: Sharpened) -> _End:
    label, scores = (output.name for output in core.graph.output)
    nodes = [
        helper.make_node("Identity", [label], ["label"]),
        helper.make_node("Cast", [scores], ["shares"], to=TensorProto.FLOAT),
        helper.make_node("Slice", ["shares", "from", "to", "axis"], ["of_classes"]),
        helper.make_node("Div", ["of_classes", "divisor"], ["probabilities"]),
    ]
    constants: dict[str, npt.NDArray[Any]] = {
        "divisor": np.array(left.divisor, dtype=np.float32),
        "from": np.array([0], dtype=np.int64),
        "to": np.array([classes], dtype=np.int64),
        "axis": np.array([1], dtype=np.int64),
    }
    outputs = [
        helper.make_tensor_value_info("label", TensorProto.INT64, [None]),
        helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, classes]),
    ]
    return _End(CLASSIFIER, nodes, constants, outputs)


def _of_value(core: ModelProto, left: Sharpened) -> _End:
    nodes = [
        helper.make_node("Cast", [core.graph.output[0].name], ["sum"], to=TensorProto.DOUBLE),
        helper.make_node("Reshape", ["sum", "flat"], ["sums"]),
        helper.make_node("Div", ["sums", "divisor"], ["share"]),
        helper.make_node("Add", ["share", "offset"], ["value"]),
    ]
    constants: dict[str, npt.NDArray[Any]] = {
        "flat": np.array([-1], dtype=np.int64),
        "divisor": np.array(left.divisor, dtype=np.float64),
        "offset": np.array(left.offset, dtype=np.float64),
    }
    return _End(REGRESSOR, nodes, constants, [helper.make_tensor_value_info("value", TensorProto.DOUBLE, [None])])


def _wrap(
    core: ModelProto, features: int, end: _End, filled: npt.NDArray[np.float32] | None, metadata: dict[str, str]
) -> bytes:
    """The same graph between casts, with the names that the bundle's format gives, and nothing that varies."""
    nodes, constants = [], dict(end.constants)
    if filled is not None:
        # ONNX Runtime has no imputer for float64.
        nodes += [
            helper.make_node("IsNaN", ["features"], ["gaps"]),
            helper.make_node("Where", ["gaps", "fills", "features"], ["filled"]),
        ]
        constants["fills"] = filled
    source = "features" if filled is None else "filled"
    nodes.append(helper.make_node("Cast", [source], [core.graph.input[0].name], to=TensorProto.DOUBLE))
    graph = helper.make_graph(
        [*nodes, *core.graph.node, *end.nodes],
        end.name,
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, features])],
        end.outputs,
        [*core.graph.initializer, *(numpy_helper.from_array(value, name) for name, value in constants.items())],
    )
    opsets = [helper.make_opsetid(domain, version) for domain, version in sorted(OPSETS.items())]
    wrapped = helper.make_model(graph, opset_imports=opsets, ir_version=core.ir_version, producer_name="trainer")
    helper.set_model_props(wrapped, metadata)
    onnx.checker.check_model(wrapped)
    return bytes(wrapped.SerializeToString(deterministic=True))
