"""Rows of a table that is not all numbers, from protocols that know no schema: checked, the first fault named."""

from collections.abc import Callable, Sequence
from typing import Any

from pydantic_core import CoreConfig, SchemaValidator, ValidationError
from pydantic_core import core_schema as cs

from api.bundle.encoding import Value
from api.bundle.features import Boolean, Category, Feature, LearnedCategory, Moment, Number
from api.bundle.value_schemas import value_schema
from api.errors import InvalidInputError

TRUTHS = dict.fromkeys(("true", "yes", "t", "y", "1", "on", "ja", "oui", "vrai", "wahr", "si", "sí"), True)
TRUTHS |= dict.fromkeys(("false", "no", "f", "n", "0", "off", "nein", "non", "faux", "falsch"), False)


class TypedTable:
    """Checks rows as :class:`api.bundle.row_schema.RowSchema` does, for every format."""

    def __init__(self, features: Sequence[Feature]) -> None:
        self.features = features
        row = cs.tuple_schema([value_schema(feature) for feature in features])
        self._rows = SchemaValidator(cs.list_schema(row, fail_fast=True), CoreConfig(hide_input_in_errors=True))

    def check(self, rows: Sequence[Sequence[Any]], place: Callable[[int, str], str]) -> list[list[Value]]:
        """The rows as lists; ``place`` names a row and a feature as the client's protocol does.

        Raises:
            InvalidInputError: with the first value that does not fit.
        """
        try:
            return [list(row) for row in self._rows.validate_python([tuple(row) for row in rows])]
        except ValidationError as error:
            detail = error.errors(include_input=False, include_url=False)[0]
            row, column = (int(step) for step in detail["loc"][:2])
            where = place(row, self.features[column].name)
            raise InvalidInputError(
                f"{where}: {detail['msg']}", errors=[{"field": where, "message": detail["msg"]}]
            ) from None


def of_text(text: str, feature: Feature) -> Any:
    """A cell of a table as a value of the feature's kind; what is none stays text, and is refused by the check."""
    if text == "" and feature.nullable:
        return None
    match feature:
        case Category() | LearnedCategory() | Moment():
            return text
        case Boolean():
            return TRUTHS.get(text.lower(), text)
        case Number():
            # Python's own notation for people who write code, not data
            return text if "_" in text else _number(text, feature)


def of_number(value: float, feature: Feature) -> Any:
    """A number of a tensor: not a number is a gap, 1 and 0 are a boolean's, whole ones an integer's."""
    if value != value and feature.nullable:
        return None
    if isinstance(feature, Boolean):
        return bool(value) if value in (0, 1) else value
    if isinstance(feature, Number) and feature.dtype == "int64" and float(value).is_integer():
        return int(value)
    return value


def _number(text: str, feature: Number) -> Any:
    try:
        return of_number(float(text), feature)
    except ValueError:
        return text
