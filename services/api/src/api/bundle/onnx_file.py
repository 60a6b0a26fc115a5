"""Finds external data in an ONNX file, by reading the protobuf encoding itself; fields as in onnx.proto."""

from collections.abc import Iterator
from typing import Literal

Kind = Literal["model", "training", "graph", "function", "node", "attribute", "sparse", "tensor"]

_PARTS: dict[Kind, dict[int, Kind]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {},
}
_EXTERNAL_DATA = 13
_DEEPEST = 64


def has_external_data(onnx: bytes) -> bool:
    """Whether a tensor names a file; a file that can't be followed to its end counts as if it did."""
    # The name is under the key "location", which is in the bytes as it is; few models use the word for anything else.
    if b"location" not in onnx:
        return False
    try:
        return _names_a_file(memoryview(onnx), "model", _DEEPEST)
    except (IndexError, ValueError):
        return True


def _names_a_file(message: memoryview, kind: Kind, depth: int) -> bool:
    if depth == 0:
        raise ValueError("nested too deeply")
    parts = _PARTS[kind]
    for number, content in _fields(message):
        if kind == "tensor" and number == _EXTERNAL_DATA:
            return True
        part = parts.get(number)
        if part is not None and content is not None and _names_a_file(content, part, depth - 1):
            return True
    return False


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview | None]]:
    """Number and content of each field; None for the content of one that holds a number."""
    place, end = 0, len(message)
    while place < end:
        tag, place = _varint(message, place)
        content = None
        match tag & 7:
            case 0:
                _, place = _varint(message, place)
            case 1:
                place += 8
            case 2:
                length, place = _varint(message, place)
                content = message[place : place + length]
                place += length
            case 5:
                place += 4
            case _:
                raise ValueError("no wire type of a model")
        if place > end:
            raise ValueError("it ends inside a field")
        yield tag >> 3, content


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    """A number and the place behind it. Longer than needed is allowed: a writer may hide a length that way."""
    value = 0
    for shift in range(0, 70, 7):
        byte = message[place]
        place += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, place
    raise ValueError("a number without an end")
