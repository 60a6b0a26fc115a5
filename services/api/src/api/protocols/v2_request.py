"""An inference request of the Open Inference Protocol v2, from its bytes to rows of values."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from api.bundle.features import Feature
from api.bundle.near_names import suggestions
from api.bundle.typed_table import TypedTable
from api.errors import ApiError, BadRequestError, InvalidInputError, TooLargeError
from api.protocols.tensor_text import TensorText, as_rows, cut_numbers
from api.protocols.tensor_values import values_of
from api.protocols.tensors import InputTensor, from_binary, from_doubles, from_json, refuse
from api.protocols.v2_envelope import Envelope
from api.protocols.v2_rows import check_ranks, plain_rows, typed_rows, wanted_shapes
from api.telemetry.model_metrics import Rows

Parsed = tuple[dict[str, Any], list[InputTensor], list[Any]]
"""A request as its JSON has it, its tensors, and an array or a list of values for each."""

_LARGE = 256
"""Bytes: the numbers of a shorter request are read with the rest of it."""

_LONGEST_KEPT = 1024
"""Bytes of a request without its numbers that is kept, read, for the next one."""

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
        self._envelope = Envelope()
        self._last: tuple[bytes, dict[str, Any], InputTensor] | None = None

    def read(
        self,
        raw: bytes,
        header_length: bytes,
        features: Sequence[Feature],
        known: Collection[str],
        typed_table: TypedTable | None = None,
    ) -> InferRequest:
        """``header_length`` is the Inference-Header-Content-Length header, empty where there is none.

        ``known`` are the model's outputs; a typed table takes one tensor for each feature.

        Raises:
            BadRequestError, InvalidInputError, TooLargeError: with what is wrong, and the tensor it is wrong with.
        """
        end = _json_length(header_length, len(raw))
        own = cut_numbers(raw) if typed_table is None and end == len(raw) >= _LARGE else None
        parsed = None if own is None else self._numbers(own)
        request, tensors, arrays = parsed or self._any(raw, end, features, typed_table)
        parameters = request.get("parameters") or {}
        return InferRequest(
            id=request.get("id"),
            parameters={name: value for name, value in parameters.items() if name not in _EXTENSION},
            rows=plain_rows(tensors, arrays, features)
            if typed_table is None
            else typed_rows(tensors, arrays, typed_table),
            outputs=_wanted(request.get("outputs"), known, binary=parameters.get("binary_data_output") is True),
            written=None if own is None else _written(tensors, own),
        )

    def _numbers(self, own: TensorText) -> Parsed | None:
        """A request of one tensor of floats, flat and right in all; None for any other, which :meth:`_any` reads."""
        found = self._last
        if found is None or found[0] != own.request:
            found = self._flat(own.request)
            if found is None:
                return None
            self._last = found if len(own.request) <= _LONGEST_KEPT else None
        _, request, tensor = found
        array = from_doubles(tensor, own.numbers)
        return None if array is None else (request, [tensor], [array])

    def _flat(self, json: bytes) -> tuple[bytes, dict[str, Any], InputTensor] | None:
        """A request without its numbers, its parts, and its one tensor. A client's next one often differs in the
        numbers alone.
        """
        try:
            request = self._envelope.read(json)
            (tensor,) = [self._declared(tensor) for tensor in request["inputs"]]
        except (ApiError, ValueError):
            return None
        if tensor.size is not None or tensor.data != [] or len(tensor.shape) != 2:
            return None
        return json, request, tensor

    def _any(self, raw: bytes, end: int, features: Sequence[Feature], typed_table: TypedTable | None) -> Parsed:
        request = self._envelope.read(raw[:end])
        if not request["inputs"]:
            raise InvalidInputError(f"inputs is empty, and the model takes {wanted_shapes(features, typed_table)}")
        tensors = [self._declared(tensor) for tensor in request["inputs"]]
        check_ranks(tensors, features, typed_table)
        return request, tensors, _arrays(tensors, raw, end, from_binary_or_json if typed_table is None else values_of)

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


def _written(tensors: Sequence[InputTensor], own: TensorText) -> bytes | None:
    (tensor, *others) = tensors
    if others or tensor.size is not None or len(tensor.shape) != 2 or own.numbers.find(b"[", 1) > 0:
        return None
    return as_rows(own.numbers, tensor.datatype, *tensor.shape)


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


def _wanted(
    outputs: Sequence[dict[str, Any]] | None, known: Collection[str], *, binary: bool
) -> list[tuple[str, bool]]:
    if not outputs:
        return [(name, binary) for name in known]
    wanted = {output["name"]: (output.get("parameters") or {}).get("binary_data", binary) is True for output in outputs}
    for name in wanted:
        if name in ("interval", "set"):
            raise refuse(name, f'ask for it by a parameter of the request instead: "parameters": {{"{name}": true}}')
        if name not in known:
            raise refuse(name, f"it is not one of the outputs {', '.join(known)}{suggestions(known, [name])}")
    if len(wanted) < len(outputs):
        raise InvalidInputError("an output is asked for twice")
    return list(wanted.items())
