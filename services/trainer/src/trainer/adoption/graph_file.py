"""An ONNX file by itself: its inputs, its outputs and its classes, or why it can't be taken for a model of a table."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import onnx
from onnx import GraphProto, ModelProto, NodeProto, TensorProto

from trainer.adoption.graph_labels import classes_of
from trainer.errors import AdoptionError

KINDS: Mapping[int, str] = {
    TensorProto.FLOAT: "float32",
    TensorProto.DOUBLE: "float64",
    TensorProto.INT64: "int64",
    TensorProto.INT32: "int32",
    TensorProto.BOOL: "bool",
    TensorProto.STRING: "object",
}
"""NumPy's names of the types that a column may have."""
BY_CHANCE = {"RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial", "Bernoulli"}
MOST_NODES = 50_000
"""Also of the bodies of branches. ONNX Runtime opens as many in some ten seconds."""
OLDEST = 11
"""The first opset that has the nodes which are put before and behind a graph."""
AGAIN = "convert the model with skl2onnx's options={id(model): {'zipmap': False}}"


@dataclass(frozen=True)
class Input:
    """An input of an ONNX file."""

    name: str
    kind: str
    width: int | None
    """The number of its columns; None where the file does not give it."""
    flat: bool = False
    """Whether it is [n] and not [n, columns]."""


@dataclass(frozen=True)
class GraphFile:
    """An ONNX file that can be adopted: its inputs, and the output that holds the answer."""

    content: bytes
    """The model without ZipMap: its shares are a tensor."""
    inputs: tuple[Input, ...]
    answer: str
    """The output that holds the shares of the classes, or the values of a regression."""
    label: str | None = None
    """None: a regression, or probabilities alone."""
    classes: tuple[Any, ...] = ()
    """The classes, in the order of the shares."""

    @property
    def by_column(self) -> bool:
        """Whether it has one input for each column, which then has the column's name."""
        return len(self.inputs) > 1 or self.inputs[0].flat


def read_graph(content: bytes, name: str) -> GraphFile:
    """`name` is the file's. Raises AdoptionError for what can't be mapped to the columns and target of a table."""
    if not content:
        raise AdoptionError(f"{name} is empty")
    damaged = f"{name} can't be read as an ONNX file: it is damaged or cut off"
    try:
        model = ModelProto.FromString(content)
    except Exception as error:
        # Protobuf's own error is in a module without types.
        raise AdoptionError(damaged) from error
    try:
        return _described(model, name)
    except (TypeError, UnicodeDecodeError) as error:
        # Protobuf gives bytes for a name that is not UTF-8.
        raise AdoptionError(damaged) from error


def _described(model: ModelProto, name: str) -> GraphFile:
    _check_nodes(model, name)
    if chance := sorted({node.op_type for node in nodes_in(model.graph)} & BY_CHANCE):
        raise AdoptionError(f"{name} answers by chance: it has {', '.join(chance)}; export it in inference mode")
    _lift_opset(model, name)
    inputs = tuple(_inputs(model.graph, name))
    label, answer = _outputs(model.graph, name)
    if label is None:
        return GraphFile(_saved(model), inputs, answer)
    classes, answer = classes_of(model.graph, label, answer)
    return GraphFile(_saved(model), inputs, answer, label, classes)


def _check_nodes(model: ModelProto, name: str) -> None:
    """Raises AdoptionError for more work than can be bounded, and for operators whose version is cut off."""
    found = list(islice(nodes_in(model.graph), MOST_NODES + 1))
    if len(found) > MOST_NODES:
        raise AdoptionError(
            f"{name} has more than {MOST_NODES} nodes, too many to open in seconds; adopt a smaller model"
        )
    if any(node.op_type == "Loop" for node in found):
        raise AdoptionError(f"{name} has a Loop, whose time nothing bounds; export the model without one")
    known = {one.domain for one in model.opset_import} | {"", "ai.onnx"}
    if unknown := sorted({node.domain for node in found} - known):
        raise AdoptionError(
            f"{name} has operators of {', '.join(unknown)} and no version of it: it is damaged or cut off"
        )


def nodes_in(graph: GraphProto) -> Iterator[NodeProto]:
    """Every node, also of the bodies of loops and branches."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            for body in ([attribute.g] if attribute.HasField("g") else []) + list(attribute.graphs):
                yield from nodes_in(body)


def _saved(model: ModelProto) -> bytes:
    return bytes(model.SerializeToString(deterministic=True))


def _lift_opset(model: ModelProto, name: str) -> None:
    """Converters write the oldest opset that a graph needs. A later one is the same where its nodes did not change."""
    known = next((one for one in model.opset_import if one.domain in {"", "ai.onnx"}), None)
    if known is None:
        model.opset_import.append(onnx.helper.make_opsetid("", OLDEST))
        return
    if known.version >= OLDEST:
        return
    kinds = {node.op_type for node in nodes_in(model.graph) if node.domain in {"", "ai.onnx"}}
    if changed := sorted(kind for kind in kinds if _version(kind, known.version) != _version(kind, OLDEST)):
        raise AdoptionError(
            f"{name} is written in opset {known.version}, whose {', '.join(changed)} changed since; "
            "convert the model with target_opset=18"
        )
    known.version = OLDEST


def _version(kind: str, opset: int) -> int:
    try:
        return int(onnx.defs.get_schema(kind, opset, "").since_version)
    except onnx.defs.SchemaError:
        return 0


def _inputs(graph: GraphProto, name: str) -> Iterator[Input]:
    constants = {one.name for one in graph.initializer}
    used = {one for node in nodes_in(graph) for one in node.input}
    kept = [one for one in graph.input if one.name not in constants and one.name in used]
    # A column that nothing looks at, nobody has to send.
    del graph.input[:]
    graph.input.extend(kept)
    if not kept:
        raise AdoptionError(f"{name} reads no input")
    found = [_input(one, name) for one in kept]
    if len(found) > 1 and (wide := [one.name for one in found if one.width not in {1, None}]):
        raise AdoptionError(
            f"{name}: the input {', '.join(wide)} has several columns beside other inputs; convert the model with one "
            "input for all columns, or one for each column under its name"
        )
    if len(found) == 1 and found[0].kind == "object" and not found[0].flat:
        raise AdoptionError(f"{name}: {found[0].name} is one input of texts; convert the model with one a column")
    yield from found


def _input(value: onnx.ValueInfoProto, name: str) -> Input:
    kind = KINDS.get(value.type.tensor_type.elem_type) if value.type.HasField("tensor_type") else None
    if kind is None:
        raise AdoptionError(f"{name}: the input {value.name} is neither numbers, truths nor texts; {AGAIN}")
    dims = value.type.tensor_type.shape.dim
    if len(dims) not in {1, 2}:
        raise AdoptionError(f"{name}: the input {value.name} has {len(dims)} dimensions; a table has rows and columns")
    if dims[0].dim_value > 0:
        raise AdoptionError(
            f"{name}: the input {value.name} takes {dims[0].dim_value} rows and no other number; "
            "export the model with a free first dimension (PyTorch: dynamic_axes, Keras: shape [None, columns])"
        )
    width = (dims[1].dim_value or None) if len(dims) > 1 else 1
    return Input(value.name, kind, width, flat=len(dims) == 1)


def _outputs(graph: GraphProto, name: str) -> tuple[str | None, str]:
    """The names of the label, None where there is none, and of the shares or values."""
    numbers, labels = [], []
    for one in graph.output:
        kind = one.type.tensor_type.elem_type if one.type.HasField("tensor_type") else None
        if kind in {TensorProto.INT64, TensorProto.INT32, TensorProto.STRING}:
            labels.append(one.name)
        else:
            numbers.append(one.name)
    if len(numbers) == 1 and len(labels) <= 1:
        return (labels[0] if labels else None), numbers[0]
    if labels and not numbers:
        raise AdoptionError(f"{name} answers a label without probabilities; {AGAIN}, of a model with predict_proba")
    listed = ", ".join(one.name for one in graph.output)
    raise AdoptionError(
        f"{name} has the outputs {listed}; a classifier has a label and one tensor of probabilities, a regression "
        f"one number: {AGAIN}, without further outputs"
    )
