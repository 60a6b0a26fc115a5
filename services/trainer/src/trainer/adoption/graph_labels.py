"""The classes of an ONNX classifier in the order of its probabilities, read from the nodes that make its label."""

from collections.abc import Iterator
from typing import Any

from onnx import AttributeProto, GraphProto, NodeProto, ValueInfoProto, numpy_helper

LISTS = ("classlabels_strings", "classlabels_int64s", "classlabels_ints", "values_strings", "values_int64s")
MOST_BACK = 64
"""Nodes that are looked at, from the label backwards."""


def classes_of(graph: GraphProto, label: str, shares: str) -> tuple[tuple[Any, ...], str]:
    """The classes, and the output of the shares once ZipMap has been taken out; no classes where no node lists them."""
    zipped = next((node for node in graph.node if node.op_type == "ZipMap" and shares in node.output), None)
    if zipped is None:
        return next(_listed(graph, label), ()), shares
    found = next(_lists(zipped), ())
    shares = zipped.input[0]
    output = next(one for one in graph.output if one.name == zipped.output[0])
    # ONNX Runtime finds its type out.
    output.CopyFrom(ValueInfoProto(name=shares))
    graph.node.remove(zipped)
    return found, shares


def _listed(graph: GraphProto, label: str) -> Iterator[tuple[Any, ...]]:
    """The lists of the nodes before `label`, the nearest first."""
    makers = {output: node for node in graph.node for output in node.output}
    constants = {one.name: one for one in graph.initializer}
    waiting, seen = [label], 0
    while waiting and seen < MOST_BACK:
        name, seen = waiting.pop(0), seen + 1
        node = makers.get(name)
        if node is None:
            continue
        yield from _lists(node)
        if node.op_type in {"ArrayFeatureExtractor", "Gather"} and node.input[0] in constants:
            values = numpy_helper.to_array(constants[node.input[0]]).ravel().tolist()
            yield tuple(one.decode(errors="replace") if isinstance(one, bytes) else one for one in values)
        waiting += node.input


def _lists(node: NodeProto) -> Iterator[tuple[Any, ...]]:
    for attribute in node.attribute:
        if attribute.name not in LISTS:
            continue
        if attribute.type == AttributeProto.STRINGS and attribute.strings:
            yield tuple(one.decode(errors="replace") for one in attribute.strings)
        elif attribute.type == AttributeProto.INTS and attribute.ints:
            yield tuple(attribute.ints)
