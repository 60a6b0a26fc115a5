"""ONNX models that keep the format and mean harm: they answer like a classifier, if only one lets them finish."""

from collections.abc import Callable
from typing import Any

import numpy as np
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

WEIGHTS = np.ones((3, 4), dtype=np.float32)

_HUGE = 50_000_000


def folded() -> bytes:
    """Two hundred megabytes of ones, made while the model is loaded or at its first run."""
    ones = numpy_helper.from_array(np.array([1.0], dtype=np.float32))
    return _model(
        [helper.make_node("ConstantOfShape", ["huge"], ["big"], value=ones), _sum("big", "more")],
        [numpy_helper.from_array(np.array([_HUGE], dtype=np.int64), "huge")],
    )


def expanded() -> bytes:
    """The same out of the client's own row, so that it can't be made before a run."""
    return _model(
        [
            helper.make_node("ReduceMax", ["features"], ["one"], keepdims=0),
            helper.make_node("Expand", ["one", "huge"], ["big"]),
            _sum("big", "more"),
        ],
        [numpy_helper.from_array(np.array([_HUGE], dtype=np.int64), "huge")],
    )


def declared() -> bytes:
    """A tensor of four terabytes by its own account, without a byte in it."""
    return _model([_sum("big", "more")], [TensorProto(name="big", data_type=TensorProto.FLOAT, dims=[10**6, 10**6])])


def overflowing() -> bytes:
    """A tensor whose number of elements is no 64-bit number."""
    return _model([_sum("big", "more")], [TensorProto(name="big", data_type=TensorProto.FLOAT, dims=[2**62, 2**62])])


def custom() -> bytes:
    """An operator that only a library of its own could run."""
    return _model([helper.make_node("Evil", ["features"], ["more"], domain="custom")], [])


def endless() -> bytes:
    """A loop that goes round for as long as it is let."""
    return _model(
        [
            helper.make_node("ReduceMax", ["features"], ["one"], keepdims=0),
            helper.make_node("Loop", ["rounds", "yes", "one"], ["more"], body=_round()),
        ],
        [
            numpy_helper.from_array(np.array(2**62, dtype=np.int64), "rounds"),
            numpy_helper.from_array(np.array([1], dtype=np.bool_).reshape(()), "yes"),
        ],
    )


def looping_above(limit: float) -> bytes:
    """A model that passes every check, and goes round for as long as it is let when a value is above ``limit``."""
    more = [helper.make_node("Loop", ["rounds", "yes", "one"], ["more"], body=_round())]
    return _model([*_chosen(limit, "rounds"), *more], [*_choices(limit, 2**62, 0), _scalar(np.bool_(1), "yes")])


def multiplying_above(limit: float) -> bytes:
    """The same with one operator that takes many seconds of a core, and that nothing breaks off."""
    return _model(
        [
            *_chosen(limit, "side"),
            helper.make_node("Unsqueeze", ["side", "first"], ["sides"]),
            helper.make_node("Concat", ["sides", "sides"], ["shape"], axis=0),
            helper.make_node("Expand", ["one", "shape"], ["big"]),
            helper.make_node("MatMul", ["big", "big"], ["product"]),
            helper.make_node("ReduceMax", ["product"], ["most_of_it"], keepdims=0),
            helper.make_node("Mul", ["most_of_it", "nothing"], ["more"]),
        ],
        [
            *_choices(limit, 6000, 1),
            numpy_helper.from_array(np.array([0], dtype=np.int64), "first"),
            _scalar(np.float32(0), "nothing"),
        ],
    )


def _round() -> GraphProto:
    """The body of a loop that changes nothing."""
    flag, value = helper.make_tensor_value_info("go", TensorProto.BOOL, []), TensorProto.FLOAT
    return helper.make_graph(
        [helper.make_node("Identity", ["go"], ["go_on"]), helper.make_node("Identity", ["x"], ["y"])],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            flag,
            helper.make_tensor_value_info("x", value, []),
        ],
        [helper.make_tensor_value_info("go_on", TensorProto.BOOL, []), helper.make_tensor_value_info("y", value, [])],
    )


def _chosen(limit: float, into: str) -> list[NodeProto]:
    return [
        helper.make_node("ReduceMax", ["features"], ["one"], keepdims=0),
        helper.make_node("Greater", ["one", "limit"], ["far"]),
        helper.make_node("Where", ["far", "many", "few"], [into]),
    ]


def _choices(limit: float, many: int, few: int) -> list[TensorProto]:
    return [_scalar(np.float32(limit), "limit"), _scalar(np.int64(many), "many"), _scalar(np.int64(few), "few")]


def _scalar(value: Any, name: str) -> TensorProto:
    tensor: TensorProto = numpy_helper.from_array(np.array(value), name)
    return tensor


HOSTILE: dict[Callable[[], bytes], str] = {
    folded: "memory",
    expanded: "memory",
    declared: "model",
    overflowing: "model",
    custom: "model",
}
"""Each with the reason it is refused for."""


def hide_lengths(model: bytes) -> bytes:
    """The same model, its tensors' outside places written with longer numbers than needed, as protobuf allows."""
    parsed = ModelProto.FromString(model)
    tensors = list(parsed.graph.initializer)
    del parsed.graph.initializer[:]
    graph = parsed.graph.SerializeToString()
    for tensor in tensors:
        entries = [_field(1, e.key.encode()) + _field(2, e.value.encode()) for e in tensor.external_data]
        del tensor.external_data[:]
        graph += _field(5, tensor.SerializeToString() + b"".join(_field(13, entry) for entry in entries))
    parsed.ClearField("graph")
    head: bytes = parsed.SerializeToString()
    return head + _field(7, graph)


def _field(number: int, content: bytes) -> bytes:
    length, rest = bytearray(), len(content)
    while True:
        length.append(rest & 127 | 128)
        rest >>= 7
        if not rest:
            break
    return bytes([number << 3 | 2]) + bytes(length) + b"\x00" + content


def _sum(name: str, into: str) -> NodeProto:
    return helper.make_node("ReduceSum", [name], [into], keepdims=0)


def _model(nodes: list[NodeProto], initializers: list[TensorProto]) -> bytes:
    weights = numpy_helper.from_array(np.ones((4, 3), dtype=np.float32), "weights")
    graph = helper.make_graph(
        [
            *nodes,
            helper.make_node("MatMul", ["features", "weights"], ["products"]),
            helper.make_node("Add", ["products", "more"], ["scores"]),
            helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1),
            helper.make_node("ArgMax", ["scores"], ["label"], axis=1, keepdims=0),
        ],
        "classifier",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, 4])],
        [
            helper.make_tensor_value_info("label", TensorProto.INT64, [None]),
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 3]),
        ],
        [weights, *initializers],
    )
    imports = [helper.make_opsetid("", 17), helper.make_opsetid("custom", 1)]
    content: bytes = helper.make_model(graph, opset_imports=imports, ir_version=9).SerializeToString()
    return content
