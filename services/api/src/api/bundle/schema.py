"""The schema of requests, compiled once per bundle from its manifest."""

import contextlib
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Literal

from pydantic_core import CoreConfig, ErrorDetails, PydanticCustomError, SchemaValidator, ValidationError
from pydantic_core import core_schema as cs

from api.bundle.class_names import ClassNames
from api.bundle.features import Boolean, Category, Feature, Learned, Moment, Number
from api.bundle.manifest import FeatureReference, Manifest
from api.bundle.moments import LONGEST, PATTERNS, moment
from api.errors import FieldError, InvalidInputError, TooLargeError

FLOAT32_MAX = 3.4028234663852886e38
SOURCE_PATTERN = r"^[^\x00-\x1f\x7f]{1,64}$"
_INT64_MAX = 2**63 - 1
_ERRORS_SHOWN = 20
_NEAR_SHOWN = 3
LONGEST_TEXT = 256
"""Characters of a category that the model does not know."""
LONGEST_LEARNED = 4096
"""Characters of a text where any text is a category."""
_NO_NUL = r"^[^\x00]+$"
_ONE_LINE = r"^[^\x00-\x1f\x7f]+$"

_STRICT = CoreConfig(strict=True, hide_input_in_errors=True, allow_inf_nan=False)
_UUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"


class RowSchema:
    """Reads the raw bytes of a request into rows in the manifest's order of features."""

    def __init__(self, manifest: Manifest, *, max_rows: int) -> None:
        row = _object({feature.name: value_schema(feature) for feature in manifest.features})
        rows = cs.list_schema(row, min_length=1, max_length=max_rows, fail_fast=True)
        self._one = SchemaValidator(row, _STRICT)
        self._many = SchemaValidator(_object({"rows": rows}), _STRICT)

    def one(self, raw: bytes) -> list[Any]:
        """One row from a flat object.

        Raises:
            InvalidInputError: with the fields that do not fit.
        """
        try:
            return list(self._one.validate_json(raw).values())
        except ValidationError as error:
            raise refusal(error) from None

    def many(self, raw: bytes) -> list[list[Any]]:
        """The rows of ``{"rows": [...]}``, at least one.

        Raises:
            InvalidInputError: with the fields of the first row that does not fit.
            TooLargeError: there are more rows than one request may have.
        """
        try:
            return [list(row.values()) for row in self._many.validate_json(raw)["rows"]]
        except ValidationError as error:
            raise refusal(error) from None


class FeedbackSchema:
    """Reads ``{prediction_id, label, source?}`` or ``{"items": [...]}`` into a list.

    A label is a class's name, or where no class is named like a number the index of one as in ``label_id``; the item
    that is read has the name. A regression's feedback has ``value``, a number, in its place; its label is then which of
    ``bins`` it falls into.
    """

    def __init__(self, manifest: Manifest, *, max_rows: int, bins: FeatureReference | None = None) -> None:
        self.max_rows = max_rows
        self._bins = bins
        classes = manifest.target.classes
        self._classes = ClassNames(classes)
        self.truth = "label" if classes else "value"
        truth = _label(self._classes, classes) if classes else cs.float_schema(strict=True, allow_inf_nan=False)
        item = _object(
            {"prediction_id": cs.str_schema(pattern=_UUID), self.truth: truth},
            source=cs.with_default_schema(cs.str_schema(pattern=SOURCE_PATTERN), default="api"),
        )
        items = _object({"items": cs.list_schema(item, min_length=1, max_length=max_rows, fail_fast=True)})
        self._validator = SchemaValidator(
            cs.tagged_union_schema({"one": item, "many": items}, _one_or_many),
            _STRICT,
        )

    def read(self, raw: bytes) -> list[dict[str, Any]]:
        """Items of JSON; raises InvalidInputError or TooLargeError like :class:`RowSchema`."""
        try:
            read: dict[str, Any] = self._validator.validate_json(raw)
        except ValidationError as error:
            raise refusal(error, skip=1) from None
        return [self._named(item) for item in read.get("items", [read])]

    def read_texts(self, values: Mapping[str, str]) -> dict[str, Any]:
        """One item of a table, where every value is a text: a label is a class's name, a number or an index.

        Raises InvalidInputError like :class:`RowSchema`.
        """
        item: dict[str, Any] = dict(values)
        text = values[self.truth]
        if self._bins is not None:
            with contextlib.suppress(ValueError):
                item["value"] = float(text.replace("_", "?"))
        else:
            item["label"] = self._classes.find_text(text)
        try:
            return self._named(self._validator.validate_python(item))
        except ValidationError as error:
            raise refusal(error, skip=1) from None

    def _named(self, item: dict[str, Any]) -> dict[str, Any]:
        if self._bins is not None:
            return {**item, "label": self._bins.labels[bisect_left(self._bins.edges, item["value"])]}
        return item


def _label(names: ClassNames, classes: Sequence[str]) -> cs.CoreSchema:
    known = ", ".join(map(repr, classes[:_ERRORS_SHOWN])) + (", ..." if len(classes) > _ERRORS_SHOWN else "")
    index = ", or the index of one of them" if names.has_indices else ""

    def named(literal: Any) -> str:
        name = names.find(literal)
        if name is None:
            raise PydanticCustomError("unknown_label", "Input should be {known}", {"known": known + index})
        return name

    return cs.no_info_plain_validator_function(named)


def _one_or_many(data: object) -> str:
    return "many" if isinstance(data, dict) and "items" in data else "one"


def refusal(error: ValidationError, *, skip: int = 0) -> InvalidInputError | TooLargeError:
    """Say what was wrong without repeating what was sent; ``skip`` drops that many leading parts of a field's path."""
    details = error.errors(include_input=False, include_url=False)
    first = details[0]
    if first["type"] == "too_long":
        return TooLargeError(
            f"at most {first['ctx']['max_length']} rows fit in one request, send the rest in another one"
        )
    shown: list[FieldError] = [
        {"field": _path(detail["loc"][skip:]), "message": _message(detail["type"], detail["msg"])}
        for detail in details[:_ERRORS_SHOWN]
    ]
    for place, near in _near_names(details[:_ERRORS_SHOWN]).items():
        shown[place]["message"] += f"; did you mean {near!r}?"
    fields = ", ".join(dict.fromkeys(entry["field"] for entry in shown))
    return InvalidInputError(f"{len(details)} of the request's values do not fit: {fields}", errors=shown)


def _near_names(details: Sequence[ErrorDetails]) -> dict[int, str]:
    """By the place of an unknown field in `details`: the missing field beside it that it is spelt like.

    Comparing names is slow, so only a few unknown fields are looked at: the errors shown bound the names.
    """
    unknown = [place for place, detail in enumerate(details) if detail["type"] == "extra_forbidden"]
    found = {}
    for place in unknown[:_NEAR_SHOWN]:
        *parent, name = details[place]["loc"]
        missing = [str(one["loc"][-1]) for one in details if one["type"] == "missing" and [*one["loc"][:-1]] == parent]
        if near := get_close_matches(str(name)[:64], missing, 1, cutoff=0.7):
            found[place] = near[0]
    return found


def _object(fields: dict[str, cs.CoreSchema], **optional: cs.CoreSchema) -> cs.TypedDictSchema:
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
        case Category() | Learned():
            longest, pattern = (LONGEST_LEARNED, _NO_NUL) if isinstance(feature, Learned) else (LONGEST_TEXT, _ONE_LINE)
            return cs.str_schema(strict=True, min_length=1, max_length=longest, pattern=pattern)
        case Moment():
            return _moment_schema(feature.kind)
        case Boolean():
            return cs.bool_schema(strict=True)


def _whole(value: float) -> int:
    if not value.is_integer():
        raise ValueError
    return int(value)


WHOLE_NUMBER = cs.union_schema(
    [
        cs.int_schema(strict=True, ge=-_INT64_MAX - 1, le=_INT64_MAX),
        # pandas writes the integers of a column with gaps as 3.0
        cs.no_info_after_validator_function(_whole, cs.float_schema(strict=True, ge=-(2.0**63), lt=2.0**63)),
    ],
    mode="left_to_right",
    custom_error_type="not_whole",
    custom_error_message="Input should be a valid integer of 64 bits; 3.0 is one, 3.5 is not",
)
"""An integer; a number that is written with a point is one where nothing but zeros follows it."""


def _message(kind: str, message: str) -> str:
    if kind in {"less_than_equal", "greater_than_equal"}:
        return "Input is beyond the numbers the model can compute with"
    return message


def _path(loc: tuple[int | str, ...]) -> str:
    """A client's own key may be in here, so it is cut and made printable."""
    path = ".".join(str(part)[:64] for part in loc)
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in path) or "body"
