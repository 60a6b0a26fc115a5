"""An ONNX file that is damaged, or that wants more memory or time than there is, is refused in a sentence."""

import random
from typing import Any

import numpy as np
import pandas as pd
import pytest
from onnx import ModelProto, TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from trainer.adoption.graph_file import MOST_NODES, read_graph
from trainer.adoption.graph_model import LONGEST, GraphModel, reason_of
from trainer.errors import AdoptionError

ROWS = np.random.default_rng(1).normal(size=(200, 2)).astype(np.float32)
FRAME = pd.DataFrame(ROWS, columns=["a", "b"])
LABELS = np.where(ROWS[:, 0] > 0, "yes", "no")


def sound(model: Any) -> bytes:
    return bytes(to_onnx(model.fit(ROWS, LABELS), ROWS[:1]).SerializeToString())


SOUND = [sound(LogisticRegression()), sound(RandomForestClassifier(3, max_depth=2, random_state=1))]


def asked(content: bytes) -> str:
    """The refusal, or nothing where the model answers."""
    try:
        model = GraphModel(read_graph(content, "model.onnx"), content, "model.onnx")
        if len(model.classes_):
            model.predict_proba(FRAME)
        else:
            model.predict(FRAME)
    except AdoptionError as error:
        return str(error)
    return ""


def made(*nodes: Any, constants: Any = ()) -> ModelProto:
    rows = helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, 2])
    value = helper.make_tensor_value_info("value", TensorProto.FLOAT, [None, 1])
    graph = helper.make_graph(nodes, "regressor", [rows], [value], list(constants))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def whole(name: str, values: Any) -> TensorProto:
    return numpy_helper.from_array(np.array(values, np.int64), name)


def test_a_sound_model_answers() -> None:
    assert [asked(content) for content in SOUND] == ["", ""]


@pytest.mark.parametrize("content", SOUND, ids=["linear", "forest"])
def test_a_file_that_is_cut_off_is_refused_at_every_length(content: bytes) -> None:
    for length in range(0, len(content), 7):
        assert asked(content[:length]).startswith("model.onnx "), length


@pytest.mark.parametrize("content", SOUND, ids=["linear", "forest"])
def test_a_flipped_bit_is_a_refusal_or_another_model(content: bytes) -> None:
    draw = random.Random(3)
    for _ in range(150):
        damaged = bytearray(content)
        damaged[draw.randrange(len(damaged))] ^= 1 << draw.randrange(8)
        assert len(asked(bytes(damaged))) < LONGEST + 200


def weight(dims: list[int], **external: str) -> TensorProto:
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=dims)
    if external:
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in external.items():
            tensor.external_data.add(key=key, value=value)
    return tensor


def times(tensor: TensorProto) -> bytes:
    return bytes(made(helper.make_node("MatMul", ["features", "w"], ["value"]), constants=[tensor]).SerializeToString())


@pytest.mark.parametrize(
    ("tensor", "message"),
    [
        (weight([2, 10**12]), "declares a size of 8000000000000 bytes"),
        (weight([2, 1], location="/etc/passwd", offset="0", length="8"), "names a file beside it"),
        (weight([2, 10**9], location="weights.bin"), "names a file beside it"),
    ],
)
def test_weights_that_are_not_in_the_file_are_refused(tensor: TensorProto, message: str) -> None:
    assert message in asked(times(tensor))


def test_a_tensor_that_no_memory_holds_is_refused_when_it_is_asked() -> None:
    huge = made(
        helper.make_node("ConstantOfShape", ["shape"], ["all"]),
        helper.make_node("ReduceSum", ["all"], ["sum"], keepdims=0),
        helper.make_node("ReduceMax", ["features", "axis"], ["most"], keepdims=1),
        helper.make_node("Add", ["most", "sum"], ["value"]),
        constants=[whole("shape", [10**6, 10**6]), whole("axis", [1])],
    )
    assert asked(huge.SerializeToString()).startswith("model.onnx does not answer every row of the table")


def test_a_loop_is_refused_as_nothing_bounds_its_time() -> None:
    scalars = [helper.make_tensor_value_info(name, kind, []) for name, kind in (("i", 7), ("go", 9))]
    state = helper.make_tensor_value_info("x", TensorProto.FLOAT, None)
    ends = [helper.make_tensor_value_info("go2", 9, []), helper.make_tensor_value_info("x2", TensorProto.FLOAT, None)]
    same = [helper.make_node("Identity", ["go"], ["go2"]), helper.make_node("Identity", ["x"], ["x2"])]
    body = helper.make_graph(same, "body", [*scalars, state], ends)
    loop = made(
        helper.make_node("Loop", ["most", "", "features"], ["value"], body=body), constants=[whole("most", 2**62)]
    )
    assert asked(loop.SerializeToString()).startswith("model.onnx has a Loop")


def test_more_nodes_than_can_be_opened_in_seconds_are_refused() -> None:
    model = made(helper.make_node("Identity", ["features"], ["value"]))
    for place in range(MOST_NODES):
        model.graph.node.add(op_type="Neg", input=["features"], output=[f"n{place}"])
    assert "more than 50000 nodes" in asked(model.SerializeToString())


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ([helper.make_node("Nonsense", ["features"], ["value"])], "Nonsense"),
        ([helper.make_node("Foo", ["features"], ["value"], domain="com.other")], "com.other"),
        ([helper.make_node("Neg", ["features"], ["value"])] * 2, "Duplicate definition"),
        (
            [helper.make_node("Add", ["features", "value"], ["b"]), helper.make_node("Neg", ["b"], ["value"])],
            "not acyclic",
        ),
    ],
)
def test_a_graph_that_is_none_is_refused_by_what_is_wrong(nodes: list[Any], message: str) -> None:
    assert message in asked(made(*nodes).SerializeToString())


def test_a_tree_that_reads_a_column_beyond_the_table_is_refused() -> None:
    forest = ModelProto.FromString(SOUND[1])
    for attribute in (one for node in forest.graph.node for one in node.attribute):
        if attribute.name == "nodes_featureids":
            attribute.ints[0] = 10**9
    assert asked(forest.SerializeToString()).startswith("model.onnx does not answer every row of the table")


def test_a_reason_leaves_out_the_places_in_the_code_of_the_runtime() -> None:
    text = (
        "[ONNXRuntimeError] : 1 : FAIL : /onnxruntime_src/core/model.cc:256 onnxruntime::Model(const A&, B) Unsupported"
    )
    assert reason_of(RuntimeError(text)) == "Unsupported"
