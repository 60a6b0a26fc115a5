"""The JSON of an inference request of the Open Inference Protocol v2: which fields there are, and what is wrong."""

from typing import Any

import orjson
from pydantic_core import CoreConfig, SchemaValidator, ValidationError
from pydantic_core import core_schema as cs

from api.bundle.near_names import suggestions
from api.bundle.refusals import refusal
from api.bundle.value_schemas import whole
from api.errors import ApiError, FieldError, InvalidInputError, TooLargeError

_LARGEST_DIMENSION = 2**31
# As a member of an object an integer would also be true, or "1" in quotes.
_DIMENSION = cs.union_schema(
    [
        cs.int_schema(strict=True, ge=0, le=_LARGEST_DIMENSION),
        cs.no_info_after_validator_function(whole, cs.float_schema(strict=True, ge=0, le=_LARGEST_DIMENSION)),
    ],
    mode="left_to_right",
    custom_error_type="dimension",
    custom_error_message=f"Input should be an integer from 0 to {_LARGEST_DIMENSION}",
)
_REQUEST = ("inputs", "id", "parameters", "outputs")
_TENSOR = ("name", "datatype", "shape", "data", "parameters")


class Envelope:
    """Reads a request's JSON; what its tensors hold is not looked at."""

    def __init__(self) -> None:
        self._schema = SchemaValidator(_envelope(), CoreConfig(strict=True, hide_input_in_errors=True))

    def read(self, json: bytes) -> dict[str, Any]:
        """Raises InvalidInputError or TooLargeError, whose text says what is wrong with each field."""
        request: dict[str, Any]
        try:
            try:
                request = self._schema.validate_python(orjson.loads(json))
            except orjson.JSONDecodeError:
                # half as fast, but it says what is wrong, and reads NaN, so that the tensor it is in can be named
                request = self._schema.validate_json(json)
        except ValidationError as error:
            raise _with_messages(refusal(error), json) from None
        return request


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


def _envelope() -> cs.CoreSchema:
    """Fields that are not named here are left alone, as the specification wants it."""
    integer = cs.int_schema(ge=-(2**63), le=2**63 - 1)
    scalar = cs.union_schema(
        [cs.str_schema(), cs.bool_schema(), integer, cs.float_schema()],
        custom_error_type="scalar",
        custom_error_message="Input should be a string, a number or a boolean",
    )
    parameters = cs.nullable_schema(cs.dict_schema(cs.str_schema(), scalar))
    shape = cs.list_schema(_DIMENSION, min_length=1, max_length=64)
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
