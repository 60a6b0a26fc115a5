"""An inference request of the Open Inference Protocol v2, from its bytes to rows of values."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import orjson
from pydantic_core import CoreConfig, SchemaValidator, ValidationError
from pydantic_core import core_schema as cs

from api.bundle.features import Feature
from api.bundle.mixed_table import MixedTable, of_number
from api.bundle.near_names import suggestions
from api.bundle.refusals import refusal
from api.errors import ApiError, BadRequestError, FieldError, InvalidInputError, TooLargeError
from api.protocols.own_text import own_rows
from api.protocols.tensors import InputTensor, from_binary, from_json, refuse, values_of
from api.protocols.values import Matrix, UnfitValueError, check_values
from api.telemetry.model_metrics import Rows

_LARGEST_DIMENSION = 2**31
_REQUEST = ("inputs", "id", "parameters", "outputs")
_TENSOR = ("name", "datatype", "shape", "data", "parameters")
_EXTENSION = frozenset({"binary_data_output", "binary_data_size", "binary_data"})


class InferRequest(NamedTuple):
    """``rows`` [n, features] in the model's order; ``outputs``: name and whether it is wanted in binary, in order."""

    id: str | None
    parameters: Mapping[str, Any]
    rows: Rows
    outputs: Sequence[tuple[str, bool]]
    written: bytes | None = None
    """The rows as JSON, a list for each, where the client's own text can stand in the record."""


class RequestReader:
    """Reads requests of at most ``max_rows`` rows."""

    def __init__(self, *, max_rows: int) -> None:
        self._max_rows = max_rows
        self._envelope = SchemaValidator(_envelope(), CoreConfig(strict=True, hide_input_in_errors=True))

    def read(
        self,
        raw: bytes,
        header_length: bytes,
        features: Sequence[Feature],
        known: Collection[str],
        mixed: MixedTable | None = None,
    ) -> InferRequest:
        """``header_length`` is the Inference-Header-Content-Length header, empty where there is none.

        ``known`` are the model's outputs; a ``mixed`` table takes one tensor for each feature.

        Raises:
            BadRequestError, InvalidInputError, TooLargeError: with what is wrong, and the tensor it is wrong with.
        """
        end = _json_length(header_length, len(raw))
        request = self._parse(raw[:end])
        if not request["inputs"]:
            raise InvalidInputError(f"inputs is empty, and the model takes {_wanted_shapes(features, mixed)}")
        tensors = [self._declared(tensor) for tensor in request["inputs"]]
        _check_ranks(tensors, features, mixed)
        read = from_binary_or_json if mixed is None else values_of
        arrays = _arrays(tensors, raw, end, read)
        parameters = request.get("parameters") or {}
        return InferRequest(
            id=request.get("id"),
            parameters={name: value for name, value in parameters.items() if name not in _EXTENSION},
            rows=_rows(tensors, arrays, features) if mixed is None else _mixed_rows(tensors, arrays, mixed),
            outputs=_wanted(request.get("outputs"), known, binary=parameters.get("binary_data_output") is True),
            written=_written(tensors, raw[:end]) if mixed is None else None,
        )

    def _parse(self, json: bytes) -> dict[str, Any]:
        request: dict[str, Any]
        try:
            try:
                request = self._envelope.validate_python(orjson.loads(json))
            except orjson.JSONDecodeError:
                # half as fast, but it says what is wrong, and reads NaN, so that the tensor it is in can be named
                request = self._envelope.validate_json(json)
        except ValidationError as error:
            raise _with_messages(refusal(error), json) from None
        return request

    def _declared(self, tensor: dict[str, Any]) -> InputTensor:
        size = (tensor.get("parameters") or {}).get("binary_data_size")
        declared = InputTensor(tensor["name"], tensor["datatype"], tensor["shape"], tensor.get("data"), size)
        if size is not None and type(size) is not int:
            raise refuse(declared.name, "binary_data_size is not an integer")
        if (size is None) == ("data" not in tensor):
            raise refuse(declared.name, "it needs either data or binary_data_size")
        if declared.shape[0] > self._max_rows:
            raise TooLargeError(f"at most {self._max_rows} rows fit in one request, send the rest in another one")
        if declared.shape[0] < 1:
            raise refuse(declared.name, "it has no rows")
        return declared


def _json_length(header: bytes, whole: int) -> int:
    if not header:
        return whole
    if not header.isdigit() or len(header) > 18 or int(header) > whole:
        raise BadRequestError("Inference-Header-Content-Length is not a length within the body")
    return int(header)


def from_binary_or_json(tensor: InputTensor, raw: bytes, offset: int) -> Any:
    """``raw`` is the whole body; JSON spells a boolean in only one way."""
    if tensor.size is None:
        return from_json(tensor, booleans=b"true" in raw or b"false" in raw)
    return from_binary(tensor, raw, offset)


def _written(tensors: Sequence[InputTensor], json: bytes) -> bytes | None:
    (tensor, *others) = tensors
    if others or tensor.size is not None or len(tensor.shape) != 2 or isinstance(tensor.data[0], list):
        return None
    return own_rows(json, tensor.datatype, *tensor.shape)


def _arrays(
    tensors: Sequence[InputTensor], raw: bytes, end: int, read: Callable[[InputTensor, bytes, int], Any]
) -> list[Any]:
    arrays, offset = [], end
    for tensor in tensors:
        arrays.append(read(tensor, raw, offset))
        offset += tensor.size or 0
    if offset != len(raw):
        raise BadRequestError(f"the body has {len(raw) - offset} bytes more than its JSON and its binary tensors")
    return arrays


def _check_ranks(tensors: Sequence[InputTensor], features: Sequence[Feature], mixed: MixedTable | None) -> None:
    for tensor in tensors:
        if len(tensor.shape) > 2:
            wanted = _wanted_shapes(features, mixed)
            raise refuse(tensor.name, f"its shape has {len(tensor.shape)} dimensions, and the model takes {wanted}")


def _wanted_shapes(features: Sequence[Feature], mixed: MixedTable | None) -> str:
    columns = f"[n] or [n, 1] for each of {', '.join(feature.name for feature in features)}"
    return columns if mixed is not None else f"[n, {len(features)}], or {columns}"


def _with_messages(error: InvalidInputError | TooLargeError, json: bytes) -> ApiError:
    """The protocol's errors are one text, so that it says what is wrong with each field."""
    if not error.errors:
        return error
    text = "; ".join(f"{one['field']}: {one['message']}" for one in error.errors)
    return InvalidInputError(f"{text}{_misspelt(error.errors[0], json)}")


def _misspelt(fault: FieldError, json: bytes) -> str:
    """Fields of other names are left alone, so a required one that is misspelt is only known to be missing."""
    *parents, name = fault["field"].split(".")
    wanted = {1: _REQUEST, 3: _TENSOR}.get(len(parents) + 1, ())
    if name not in wanted:
        return ""
    try:
        place = orjson.loads(json)
        for step in parents:
            place = place[int(step) if step.isdecimal() else step]
    except (orjson.JSONDecodeError, LookupError, TypeError):
        return ""
    return suggestions(wanted, place)


def _rows(tensors: Sequence[InputTensor], arrays: Sequence[Any], features: Sequence[Feature]) -> Matrix:
    wanted = [feature.name for feature in features]
    names = [tensor.name for tensor in tensors]
    if sorted(names) == sorted(wanted):
        by_name = dict(zip(names, arrays, strict=True))
        columns = [_column(name, by_name[name], len(arrays[0])) for name in wanted]
        rows = _as_float(np.stack(columns, axis=1))
        try:
            check_values(rows, features)
        except UnfitValueError as error:
            raise refuse(wanted[error.column], f"row {error.row} {error.problem}") from None
        return rows
    if len(tensors) != 1:
        forms = f"neither one tensor [n, {len(wanted)}] nor one each of {', '.join(wanted)}"
        raise InvalidInputError(f"inputs are {forms}{suggestions(wanted, names)}")
    if len(tensors[0].shape) != 2 or tensors[0].shape[1] != len(wanted):
        raise refuse(names[0], f"its shape is not [n, {len(wanted)}], with the columns {', '.join(wanted)}")
    rows = _as_float(arrays[0])
    try:
        check_values(rows, features)
    except UnfitValueError as error:
        raise refuse(names[0], f"row {error.row}, {wanted[error.column]} {error.problem}") from None
    return rows


def _mixed_rows(tensors: Sequence[InputTensor], columns: Sequence[list[Any]], mixed: MixedTable) -> Rows:
    wanted = [feature.name for feature in mixed.features]
    names = [tensor.name for tensor in tensors]
    if sorted(names) != sorted(wanted):
        raise InvalidInputError(f"inputs are not one tensor each of {', '.join(wanted)}{suggestions(wanted, names)}")
    by_name = {tensor.name: (tensor, column) for tensor, column in zip(tensors, columns, strict=True)}
    rows = tensors[0].shape[0]
    typed = []
    for feature in mixed.features:
        tensor, column = by_name[feature.name]
        if list(tensor.shape) not in ([rows], [rows, 1]):
            raise refuse(feature.name, f"its shape is neither [{rows}] nor [{rows}, 1]")
        typed.append([of_number(one, feature) if isinstance(one, int | float) else one or None for one in column])
    return mixed.check(list(zip(*typed, strict=True)), lambda row, name: f"tensor {name!r}: row {row}")


def _column(name: str, array: Any, rows: int) -> Any:
    if array.shape not in {(rows,), (rows, 1)}:
        raise refuse(name, f"its shape is neither [{rows}] nor [{rows}, 1]")
    return array.reshape(rows)


def _as_float(array: Any) -> Matrix:
    """As it came where it is a float of 32 or 64 bits; integers as float64, exact to 2**53."""
    if array.dtype.kind != "f":
        return np.asarray(array, dtype=np.float64)
    floats: Matrix = array if array.dtype.itemsize > 2 else array.astype(np.float32)
    return floats


def _wanted(
    outputs: Sequence[dict[str, Any]] | None, known: Collection[str], *, binary: bool
) -> list[tuple[str, bool]]:
    if not outputs:
        return [(name, binary) for name in known]
    wanted = {output["name"]: (output.get("parameters") or {}).get("binary_data", binary) is True for output in outputs}
    for name in wanted:
        if name not in known:
            raise refuse(name, f"it is not one of the outputs {', '.join(known)}{suggestions(known, [name])}")
    if len(wanted) < len(outputs):
        raise InvalidInputError("an output is asked for twice")
    return list(wanted.items())


def _envelope() -> cs.CoreSchema:
    """Fields that are not named here are left alone, as the specification wants it."""
    integer = cs.int_schema(ge=-(2**63), le=2**63 - 1)
    scalar = cs.union_schema(
        [cs.str_schema(), cs.bool_schema(), integer, cs.float_schema()],
        custom_error_type="scalar",
        custom_error_message="Input should be a string, a number or a boolean",
    )
    parameters = cs.nullable_schema(cs.dict_schema(cs.str_schema(), scalar))
    shape = cs.list_schema(cs.int_schema(ge=0, le=_LARGEST_DIMENSION), min_length=1, max_length=64)
    tensor = _object({"name": cs.str_schema(min_length=1), "datatype": cs.str_schema(), "shape": shape},
                     data=cs.any_schema(), parameters=parameters)  # fmt: skip
    output = _object({"name": cs.str_schema(min_length=1)}, parameters=parameters)
    return _object(
        {"inputs": cs.list_schema(tensor, max_length=10_000, fail_fast=True)},
        id=cs.nullable_schema(cs.str_schema(max_length=256)),
        parameters=parameters,
        outputs=cs.nullable_schema(cs.list_schema(output, max_length=100, fail_fast=True)),
    )


def _object(required: dict[str, cs.CoreSchema], **optional: cs.CoreSchema) -> cs.TypedDictSchema:
    fields = {name: cs.typed_dict_field(schema) for name, schema in required.items()}
    fields |= {name: cs.typed_dict_field(schema, required=False) for name, schema in optional.items()}
    return cs.typed_dict_schema(fields, extra_behavior="ignore")
