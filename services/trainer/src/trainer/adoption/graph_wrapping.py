"""A foreign ONNX graph between the one table of numbers that the api sends and the outputs that it reads."""

from collections.abc import Sequence

import numpy as np
import onnx
from onnx import ModelProto, TensorProto, compose, helper, numpy_helper

from trainer.adoption.graph_file import Input
from trainer.adoption.graph_model import GraphModel
from trainer.bundle.parity import UNKNOWN
from trainer.contract.columns import Category, Column, Moment, Number
from trainer.conversion.convert import CLASSIFIER, REGRESSOR
from trainer.conversion.graph import Graph
from trainer.errors import AdoptionError

OWN = "own_"
TYPES = {
    "float32": TensorProto.FLOAT,
    "float64": TensorProto.DOUBLE,
    "int64": TensorProto.INT64,
    "int32": TensorProto.INT32,
    "bool": TensorProto.BOOL,
}


def wrapped(model: GraphModel, columns: Sequence[Column], reads: Sequence[str], decimals: Sequence[float]) -> bytes:
    """As `to_onnx` makes one: `columns` are the contract's, `decimals` their `steps_of`, `reads` in the model's order.

    Raises AdoptionError naming the columns that its inputs can't take.
    """
    places = {one.name: at for at, one in enumerate(columns)}
    order = [places[name] for name in reads]
    _check(model, [columns[at] for at in order])
    proto = compose.add_prefix(ModelProto.FromString(model.file.content), OWN)
    graph = Graph()
    numbers = _Numbers(graph, columns, decimals)
    if model.file.by_column:
        for at, one in zip(order, model.file.inputs, strict=True):
            column = columns[at]
            found = _texts(graph, column, at) if isinstance(column, Category) else numbers.of([at], one)
            shape = [-1] if one.flat else [-1, 1]
            graph.op("Reshape", found, graph.constant(shape, np.int64), name=OWN + one.name)
    else:
        (one,) = model.file.inputs
        graph.op("Identity", numbers.of(order, one), name=OWN + one.name)
    first = len(graph.nodes)
    outputs = _outputs(graph, OWN + model.file.answer, len(model.classes_))
    return _joined(proto, graph, first, outputs, len(columns))


def _check(model: GraphModel, columns: Sequence[Column]) -> None:
    inputs = model.file.inputs if model.file.by_column else model.file.inputs * len(columns)
    for column, one in zip(columns, inputs, strict=True):
        text = one.kind == "object"
        if isinstance(column, Moment) or text != isinstance(column, Category):
            takes = "texts" if text else "numbers"
            raise AdoptionError(f"{model.name} takes {takes} in {column.name}, and the table has a {column.kind}")
        if column.nullable and not one.kind.startswith("float"):
            raise AdoptionError(
                f"{column.name} has gaps, and {model.name} takes {'texts' if text else one.kind} there, which have "
                "none; fill them in the table with the value that the model was fitted with"
            )


class _Numbers:
    def __init__(self, graph: Graph, columns: Sequence[Column], decimals: Sequence[float]) -> None:
        self._graph = graph
        scaled = [(one.offset or 0.0, one.scale or 1.0) if isinstance(one, Number) else (0.0, 1.0) for one in columns]
        self._offset, self._scale = np.array(scaled).T
        self._steps = np.asarray(decimals, dtype=np.float64)

    def of(self, places: list[int], one: Input) -> str:
        """The columns at these places, [n, columns], as the input takes them."""
        graph, found = self._graph, self._graph.columns("features", places)
        if one.kind == "float32" and (self._scale[places] == 1).all() and not self._steps[places].any():
            return found
        found = self._restored(graph.double(found), places)
        if one.kind.startswith("int"):
            found = graph.op("Round", found)
        return graph.op("Cast", found, to=TYPES[one.kind])

    def _restored(self, rows: str, places: list[int]) -> str:
        """Unscaled, and with the decimals of the table: as converters.Restored."""
        graph, steps = self._graph, self._steps[places]
        spread = graph.op("Mul", rows, graph.constant(self._scale[places]))
        spread = graph.op("Add", spread, graph.constant(self._offset[places]))
        if not steps.any():
            return spread
        whole = graph.op("Round", graph.op("Mul", spread, graph.constant(steps)))
        near = graph.op("Div", whole, graph.constant(np.where(steps == 0, 1.0, steps)))
        first, second = (graph.op("Cast", part, to=TensorProto.FLOAT) for part in (near, spread))
        same = graph.op("And", graph.op("Equal", first, second), graph.constant(steps != 0, np.bool_))
        return graph.op("Where", same, near, spread)


def _texts(graph: Graph, column: Category, place: int) -> str:
    """The text of each category's index; behind the last one that of a category which the model does not know."""
    texts = [*column.categories, *([UNKNOWN] if column.unknown == "other" else [])]
    index = graph.op("Cast", graph.columns("features", [place]), to=TensorProto.INT64)
    name = f"texts_{place}"
    graph.constants.append(numpy_helper.from_array(np.array(texts, dtype=object), name))
    return graph.op("Gather", name, index, axis=0)


def _outputs(graph: Graph, answer: str, classes: int) -> list[onnx.ValueInfoProto]:
    if not classes:
        value = graph.op("Cast", answer, to=TensorProto.DOUBLE)
        graph.op("Reshape", value, graph.constant([-1], np.int64), name="value")
        return [helper.make_tensor_value_info("value", TensorProto.DOUBLE, [None])]
    shares = graph.op("Reshape", answer, graph.constant([-1, classes], np.int64))
    graph.op("ArgMax", shares, name="label", axis=1, keepdims=0)
    graph.op("Cast", shares, name="probabilities", to=TensorProto.FLOAT)
    return [
        helper.make_tensor_value_info("label", TensorProto.INT64, [None]),
        helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, classes]),
    ]


def _joined(proto: ModelProto, made: Graph, first: int, outputs: list[onnx.ValueInfoProto], width: int) -> bytes:
    """The foreign nodes between the `first` ones of `made` and the rest of them."""
    graph = proto.graph
    nodes = [*made.nodes[:first], *graph.node, *made.nodes[first:]]
    del graph.node[:], graph.input[:], graph.output[:], graph.value_info[:], proto.metadata_props[:]
    graph.node.extend(nodes)
    graph.initializer.extend(made.constants)
    graph.input.append(helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, width]))
    graph.output.extend(outputs)
    graph.name = CLASSIFIER if len(outputs) > 1 else REGRESSOR
    graph.doc_string = proto.doc_string = ""
    proto.producer_name = "trainer"
    onnx.checker.check_model(proto)
    return bytes(proto.SerializeToString(deterministic=True))
