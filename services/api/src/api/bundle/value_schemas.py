"""The schema of each value of a request, by its feature; values are read strictly."""

from typing import Literal

from pydantic_core import CoreConfig
from pydantic_core import core_schema as cs

from api.bundle.features import Boolean, Category, Feature, LearnedCategory, Moment, Number
from api.bundle.moments import LONGEST, PATTERNS, moment

STRICT = CoreConfig(strict=True, hide_input_in_errors=True, allow_inf_nan=False)
FLOAT32_MAX = 3.4028234663852886e38
_INT64_MAX = 2**63 - 1
LONGEST_TEXT = 256
"""Characters of a category that the model does not know."""
LONGEST_LEARNED = 4096
"""Characters of a text where any text is a category."""
_NO_NUL = r"^[^\x00]+$"
_ONE_LINE = r"^[^\x00-\x1f\x7f]+$"


def object_schema(fields: dict[str, cs.CoreSchema], **optional: cs.CoreSchema) -> cs.TypedDictSchema:
    """The schema of an object with `fields`, and with `optional` ones that may be missing; any other is refused."""
    required = {name: cs.typed_dict_field(schema) for name, schema in fields.items()}
    more = {name: cs.typed_dict_field(schema, required=False) for name, schema in optional.items()}
    return cs.typed_dict_schema(required | more, extra_behavior="forbid")


def value_schema(feature: Feature) -> cs.CoreSchema:
    """One value: a number the model can compute with, a known category, true or false; null where it is allowed."""
    schema = _present(feature)
    return cs.nullable_schema(schema) if feature.nullable else schema


def _moment_schema(kind: Literal["date", "datetime"]) -> cs.CoreSchema:
    written = "2026-11-28" if kind == "date" else "2026-11-28T14:05:00Z, with or without a zone"
    text = cs.str_schema(strict=True, max_length=LONGEST, pattern=PATTERNS[kind])
    return cs.custom_error_schema(
        cs.no_info_after_validator_function(_of_the_calendar, text),
        custom_error_type="moment",
        custom_error_message=f"Input should be a {kind} that exists, written as {written}",
    )


def _of_the_calendar(text: str) -> str:
    try:
        moment(text)
    except OverflowError:
        raise ValueError(text) from None
    return text


def _present(feature: Feature) -> cs.CoreSchema:
    match feature:
        case Number(dtype="int64"):
            return WHOLE_NUMBER
        case Number():
            # the model computes in float32, where a larger value would silently become infinity
            return cs.float_schema(strict=True, allow_inf_nan=False, ge=-FLOAT32_MAX, le=FLOAT32_MAX)
        case Category(unknown="refuse"):
            return cs.literal_schema(list(feature.categories))
        case Category() | LearnedCategory():
            longest, pattern = (
                (LONGEST_LEARNED, _NO_NUL) if isinstance(feature, LearnedCategory) else (LONGEST_TEXT, _ONE_LINE)
            )
            return cs.str_schema(strict=True, min_length=1, max_length=longest, pattern=pattern)
        case Moment():
            return _moment_schema(feature.kind)
        case Boolean():
            return cs.bool_schema(strict=True)


def whole(value: float) -> int:
    """Raises ValueError: there is something behind the point."""
    if not value.is_integer():
        raise ValueError
    return int(value)


WHOLE_NUMBER = cs.union_schema(
    [
        cs.int_schema(strict=True, ge=-_INT64_MAX - 1, le=_INT64_MAX),
        # pandas writes the integers of a column with gaps as 3.0
        cs.no_info_after_validator_function(whole, cs.float_schema(strict=True, ge=-(2.0**63), lt=2.0**63)),
    ],
    mode="left_to_right",
    custom_error_type="not_whole",
    custom_error_message="Input should be a valid integer of 64 bits; 3.0 is one, 3.5 is not",
)
"""An integer; a number that is written with a point is one where nothing but zeros follows it."""
