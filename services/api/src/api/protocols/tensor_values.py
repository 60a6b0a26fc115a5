"""A tensor of the Open Inference Protocol as plain values, for a column of a typed table."""

from math import prod
from typing import Any

import numpy as np

from api.protocols.tensors import MIXED, InputTensor, flat, from_binary, refuse

_ELEMENTS: dict[str, set[type]] = {"BOOL": {bool}, "BYTES": {str}}


def values_of(tensor: InputTensor, raw: bytes, offset: int) -> list[Any]:
    """A tensor of any datatype as plain values; in JSON null is a missing one.

    Raises:
        InvalidInputError: as for an array.
    """
    if tensor.datatype not in MIXED:
        raise refuse(tensor.name, f"its datatype is not one of {', '.join(MIXED)}")
    if tensor.size is not None:
        return _texts(tensor, raw, offset) if tensor.datatype == "BYTES" else _plain(tensor, raw, offset)
    data = tensor.data
    if not isinstance(data, list):
        raise refuse(tensor.name, "data is not an array")
    if data and isinstance(data[0], list) and len(tensor.shape) == 2:
        data = flat(tensor, data)
    if len(data) != prod(tensor.shape):
        raise refuse(tensor.name, f"data does not have the {prod(tensor.shape)} elements of its shape")
    allowed: set[type] = _ELEMENTS.get(tensor.datatype, {int, float})
    broken = "INT" in tensor.datatype and any(type(v) is float and not v.is_integer() for v in data)
    if broken or not set(map(type, data)) <= allowed | {type(None)}:
        raise refuse(tensor.name, f"data has elements that are not {tensor.datatype}")
    return list(data)


def _plain(tensor: InputTensor, raw: bytes, offset: int) -> list[Any]:
    if tensor.datatype != "BOOL":
        return list(from_binary(tensor, raw, offset).ravel().tolist())
    size = prod(tensor.shape)
    if tensor.size != size or offset + size > len(raw):
        raise refuse(
            tensor.name, f"binary_data_size is not the {size} bytes of its shape, or the body ends before them"
        )
    ones = np.frombuffer(raw, np.uint8, size, offset)
    if not np.isin(ones, (0, 1)).all():
        raise refuse(tensor.name, "its binary data has bytes that are neither 0 nor 1")
    return list((ones == 1).tolist())


def _texts(tensor: InputTensor, raw: bytes, offset: int) -> list[str]:
    end = offset + (tensor.size or 0)
    if end > len(raw):
        raise refuse(tensor.name, "the body ends before its binary data does")
    texts = []
    while offset < end:
        length = int.from_bytes(raw[offset : offset + 4], "little")
        offset += 4 + length
        if offset > end:
            raise refuse(tensor.name, "its binary data ends within an element")
        texts.append(raw[offset - length : offset])
    if len(texts) != prod(tensor.shape):
        raise refuse(tensor.name, f"binary data does not have the {prod(tensor.shape)} elements of its shape")
    try:
        return [text.decode() for text in texts]
    except UnicodeDecodeError:
        raise refuse(tensor.name, "its binary data is not UTF-8") from None
