"""An ONNX graph that grows node by node. Numbers are float64 unless a node casts them."""

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from onnx import AttributeProto, ModelProto, NodeProto, TensorProto, compose, helper, numpy_helper

ML = "ai.onnx.ml"


class Graph:
    """Nodes and constants. Names are counted, so the same calls give the same bytes."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []
        self.exact: set[str] = set()
        """Names of float64 numbers that float32 holds, too."""
        self._known: dict[tuple[Any, ...], str] = {}
        self._count = 0

    def constant(self, values: Any, dtype: type = np.float64) -> str:
        array: npt.NDArray[Any] = np.asarray(values, dtype=dtype)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._known:
            self._known[key] = self._name("constant")
            self.constants.append(numpy_helper.from_array(array, self._known[key]))
        return self._known[key]

    def op(self, kind: str, *inputs: str, domain: str = "", name: str = "", **attributes: Any) -> str:
        """A node with one output; the output's name."""
        output = name or self._name(kind.lower())
        self.nodes.append(helper.make_node(kind, inputs, [output], domain=domain or None, **attributes))
        return output

    def outputs(self, kind: str, *inputs: str, count: int, domain: str = "", **attributes: Any) -> list[str]:
        """A node with several outputs."""
        names = [self._name(kind.lower()) for _ in range(count)]
        self.nodes.append(helper.make_node(kind, inputs, names, domain=domain or None, **attributes))
        return names

    def double(self, source: str) -> str:
        return self.op("Cast", source, to=TensorProto.DOUBLE)

    def single(self, source: str) -> str:
        """Rounded to float32, as an estimator that compares in float32 does with its input."""
        if source in self.exact:
            return source
        rounded = self.double(self.op("Cast", source, to=TensorProto.FLOAT))
        self.exact.add(rounded)
        return rounded

    def columns(self, source: str, places: list[int]) -> str:
        return self.op("Gather", source, self.constant(places, np.int64), axis=1)

    def side_by_side(self, parts: list[str]) -> str:
        return parts[0] if len(parts) == 1 else self.op("Concat", *parts, axis=1)

    def both(self, second: str) -> str:
        """The shares of two classes, from that of the second."""
        return self.side_by_side([self.op("Sub", self.constant(1.0), second), second])

    def embed(self, model: ModelProto, source: str) -> list[str]:
        """All nodes of another graph of one input; its outputs' names."""
        inner = compose.add_prefix(model, f"{self._name('part')}_").graph
        renamed = {inner.input[0].name: source}
        for node in inner.node:
            for place, one in enumerate(node.input):
                node.input[place] = renamed.get(one, one)
        self.nodes.extend(inner.node)
        self.constants.extend(inner.initializer)
        return [renamed.get(output.name, output.name) for output in inner.output]

    def prune(self, wanted: list[str]) -> None:
        """Leave out the nodes and constants that no output needs."""
        needed, kept = set(wanted), []
        for node in reversed(self.nodes):
            if needed & set(node.output):
                needed |= {*node.input, *_inside(node)}
                kept.append(node)
        self.nodes = kept[::-1]
        self.constants = [one for one in self.constants if one.name in needed]

    def _name(self, kind: str) -> str:
        self._count += 1
        return f"{kind}_{self._count}"


class Estimators(Protocol):
    """Adds fitted estimators to a graph; each takes the name of rows [n, features] and returns a name.

    An estimator made of others asks it for those inside. Raises UnconvertibleError.
    """

    graph: Graph

    def shares(self, model: Any, source: str) -> str:
        """[n, classes]"""

    def values(self, model: Any, source: str) -> str:
        """[n, 1]"""

    def decision(self, model: Any, source: str) -> str:
        """[n, 1] of two classes, else [n, classes]."""


def _inside(node: NodeProto) -> set[str]:
    """Names that the bodies of a loop take from outside."""
    bodies = [one.g for one in node.attribute if one.type == AttributeProto.GRAPH]
    return {name for body in bodies for inner in body.node for name in (*inner.input, *_inside(inner))}
