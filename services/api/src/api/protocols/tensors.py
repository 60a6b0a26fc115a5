"""Tensors of the Open Inference Protocol, in JSON and in its binary extension: one of them to or from an array."""

import struct
from collections.abc import Iterable, Sequence
from itertools import chain
from math import prod
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from pydantic_core import CoreConfig, SchemaValidator, ValidationError
from pydantic_core import core_schema as cs

from api.bundle.value_schemas import WHOLE_NUMBER
from api.errors import InvalidInputError
from api.journal.identifiers import Ids
from api.protocols.number_text import doubles

DTYPES: dict[str, np.dtype[Any]] = {
    "FP32": np.dtype("<f4"),
    "FP64": np.dtype("<f8"),
    "INT32": np.dtype("<i4"),
    "INT64": np.dtype("<i8"),
    "INT8": np.dtype("<i1"),
    "INT16": np.dtype("<i2"),
    "UINT8": np.dtype("<u1"),
    "UINT16": np.dtype("<u2"),
    "UINT32": np.dtype("<u4"),
    "UINT64": np.dtype("<u8"),
    "FP16": np.dtype("<f2"),
}
BF16 = "BF16"
"""The upper half of an FP32, which numpy does not have."""

NUMBERS = (*DTYPES, BF16)

MIXED = (*NUMBERS, "BOOL", "BYTES")
"""The datatypes of a model that takes a tensor for each of its columns."""

_INTEGERS = SchemaValidator(cs.list_schema(cs.int_schema()), CoreConfig(strict=True))
_WHOLE_NUMBERS = SchemaValidator(cs.list_schema(WHOLE_NUMBER), CoreConfig(strict=True))
_FLOATS = SchemaValidator(cs.list_schema(cs.float_schema()), CoreConfig(strict=True))


class InputTensor(NamedTuple):
    """An input as it is declared; ``size`` is its ``binary_data_size``, and None where it has ``data`` in JSON."""

    name: str
    datatype: str
    shape: Sequence[int]
    data: Any
    size: int | None


class OutputTensor(NamedTuple):
    """``data``: a numeric array of the datatype, or for BYTES texts; ``json`` is theirs where it is made already."""

    name: str
    datatype: str
    shape: Sequence[int]
    data: npt.NDArray[Any] | list[str] | Ids
    json: bytes | None = None


def from_binary(tensor: InputTensor, raw: bytes, offset: int) -> npt.NDArray[Any]:
    """The array at ``offset`` of the body: little-endian, row-major, without padding.

    Raises:
        InvalidInputError: the declared size is not that of the shape, or the body ends before it.
    """
    dtype = np.dtype("<u2") if tensor.datatype == BF16 else _dtype(tensor)
    expected = prod(tensor.shape) * dtype.itemsize
    if tensor.size != expected:
        raise refuse(tensor.name, f"binary_data_size is not the {expected} bytes of its shape and datatype")
    if offset + expected > len(raw):
        raise refuse(tensor.name, "the body ends before its binary data does")
    # a copy, because the bytes may lie at an odd address
    array = np.frombuffer(raw, dtype, prod(tensor.shape), offset).reshape(tensor.shape).copy()
    return (array.astype(np.uint32) << 16).view(np.float32) if tensor.datatype == BF16 else array


def from_json(tensor: InputTensor, *, booleans: bool = True) -> npt.NDArray[Any]:
    """The array of ``data``, flat in row-major order or nested like the shape.

    ``booleans`` says whether there may be any among them.

    Raises:
        InvalidInputError: it is not of its shape, or has elements that are not numbers of the datatype.
    """
    dtype = _dtype(tensor)
    data = tensor.data
    if not isinstance(data, list):
        raise refuse(tensor.name, "data is not an array")
    if len(tensor.shape) == 2 and data and isinstance(data[0], list):
        data = flat(tensor, data)
    if len(data) != prod(tensor.shape):
        raise refuse(tensor.name, f"data does not have the {prod(tensor.shape)} elements of its shape")
    try:
        # exact types: numpy would take true for 1, and "5.1" for 5.1
        if dtype.kind in "iu":
            return np.array(_integers(data), dtype).reshape(tensor.shape)
        return _floats(data, dtype, booleans=booleans).reshape(tensor.shape)
    except ValidationError:
        raise refuse(tensor.name, f"data has elements that are not {tensor.datatype} numbers") from None
    except OverflowError:
        raise refuse(tensor.name, f"data has numbers beyond {tensor.datatype}") from None


def from_doubles(tensor: InputTensor, numbers: bytes) -> npt.NDArray[Any] | None:
    """The array of ``data`` from its JSON, a flat list. None where the tensor is not one of FP32 or FP64, or they are
    not as many numbers as its shape asks for: :func:`from_json` finds what is wrong.
    """
    if tensor.datatype not in ("FP32", "FP64"):
        return None
    found = doubles(numbers)
    if found is None or len(found) != prod(tensor.shape):
        return None
    with np.errstate(over="ignore"):
        return found.astype(DTYPES[tensor.datatype]).reshape(tensor.shape)


def _integers(data: list[Any]) -> list[int]:
    """Raises ValidationError; 3.0 is an integer, as everywhere."""
    only_integers = set(map(type, data)) <= {int}
    integers: list[int] = (_INTEGERS if only_integers else _WHOLE_NUMBERS).validate_python(data)
    return integers


def _floats(data: list[Any], dtype: np.dtype[Any], *, booleans: bool) -> npt.NDArray[Any]:
    """Raises ValidationError. Of what JSON has, struct takes numbers and booleans, so that no other check is needed
    where there are no booleans. It is three times as fast as numpy, which looks at each element's type again.
    """
    form = f"{len(data)}d"
    try:
        packed = struct.pack(form, *(_FLOATS.validate_python(data) if booleans else data))
    except (struct.error, OverflowError):
        packed = struct.pack(form, *_FLOATS.validate_python(data))
    doubles = np.frombuffer(packed, np.float64)
    with np.errstate(over="ignore"):
        return doubles.astype(dtype)


def to_binary(tensor: OutputTensor) -> bytes:
    """The tensor's bytes as the binary data extension writes them: texts with their length in front of each."""
    if isinstance(tensor.data, Ids):
        return _length_prefixed(tensor.data.texts)
    if isinstance(tensor.data, list):
        return _length_prefixed(tensor.data)
    return tensor.data.astype(DTYPES[tensor.datatype], copy=False).tobytes()


def refuse(name: str, message: str) -> InvalidInputError:
    """A refusal that names the tensor, cut and made printable, because a client may call it anything."""
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name[:64])
    return InvalidInputError(f"tensor {shown!r}: {message}", errors=[{"field": shown, "message": message}])


def _dtype(tensor: InputTensor) -> np.dtype[Any]:
    try:
        return DTYPES["FP32" if tensor.datatype == BF16 else tensor.datatype]
    except KeyError:
        raise refuse(tensor.name, f"its datatype is not one of {', '.join(NUMBERS)}") from None


def flat(tensor: InputTensor, data: list[Any]) -> list[Any]:
    """The elements of ``data`` that is nested like the shape [n, width]. Raises InvalidInputError where it is not."""
    rows, width = tensor.shape
    if len(data) != rows or set(map(type, data)) != {list} or set(map(len, data)) != {width}:
        raise refuse(tensor.name, f"data is not nested like its shape [{rows}, {width}]")
    return list(chain.from_iterable(data))


def _length_prefixed(texts: Iterable[str]) -> bytes:
    elements = {text: text.encode() for text in set(texts)}
    prefixed = {text: len(element).to_bytes(4, "little") + element for text, element in elements.items()}
    return b"".join([prefixed[text] for text in texts])
