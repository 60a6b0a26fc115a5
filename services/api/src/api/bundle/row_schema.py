"""The schema of rows in JSON, compiled once per bundle from its manifest."""

from typing import Any

from pydantic_core import SchemaValidator, ValidationError
from pydantic_core import core_schema as cs

from api.bundle.manifest import Manifest
from api.bundle.refusals import refusal
from api.bundle.value_schemas import STRICT, object_schema, value_schema


class RowSchema:
    """Reads the raw bytes of a request into rows in the manifest's order of features."""

    def __init__(self, manifest: Manifest, *, max_rows: int) -> None:
        row = object_schema({feature.name: value_schema(feature) for feature in manifest.features})
        rows = cs.list_schema(row, min_length=1, max_length=max_rows, fail_fast=True)
        self._one = SchemaValidator(row, STRICT)
        self._many = SchemaValidator(object_schema({"rows": rows}), STRICT)

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
