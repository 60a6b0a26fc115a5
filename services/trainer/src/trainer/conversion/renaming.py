"""Names inside a converted graph, counted from its beginning.

skl2onnx counts some of its names from the start of the process, so that the second conversion has other bytes.
"""

from typing import Any

from onnx import GraphProto, ModelProto, NodeProto


def rename(model: ModelProto) -> ModelProto:
    """The same model whose values are named by the order in which they appear, and whose nodes have no names."""
    made: ModelProto = ModelProto.FromString(model.SerializeToString())
    names: dict[str, str] = {}
    _graph(made.graph, names)
    return made


def _graph(graph: GraphProto, names: dict[str, str]) -> None:
    graph.name = "part"
    del graph.value_info[:]
    for given in graph.input:
        given.name = _new(given.name, names)
    for constant in graph.initializer:
        constant.name = _new(constant.name, names)
    for node in graph.node:
        _node(node, names)
    for output in graph.output:
        output.name = _new(output.name, names)


def _node(node: NodeProto, names: dict[str, str]) -> None:
    node.ClearField("name")
    _all(node.input, names)
    for attribute in node.attribute:
        for body in ([attribute.g] if attribute.HasField("g") else []) + list(attribute.graphs):
            _graph(body, names)
    _all(node.output, names)


def _all(values: Any, names: dict[str, str]) -> None:
    for place, name in enumerate(values):
        values[place] = _new(name, names)


def _new(name: str, names: dict[str, str]) -> str:
    """An optional input that is left out has the empty name."""
    return names.setdefault(name, f"value_{len(names)}") if name else ""
