"""The schema of feedback, compiled once per bundle from its manifest."""

import contextlib
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import PydanticCustomError, SchemaValidator, ValidationError
from pydantic_core import core_schema as cs

from api.bundle.class_names import ClassNames
from api.bundle.manifest import Manifest
from api.bundle.reference import FeatureReference
from api.bundle.refusals import SHOWN, refusal
from api.bundle.value_schemas import STRICT, object_schema

SOURCE_PATTERN = r"^[^\x00-\x1f\x7f]{1,64}$"
_UUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"


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
        item = object_schema(
            {"prediction_id": cs.str_schema(pattern=_UUID), self.truth: truth},
            source=cs.with_default_schema(cs.str_schema(pattern=SOURCE_PATTERN), default="api"),
        )
        items = object_schema({"items": cs.list_schema(item, min_length=1, max_length=max_rows, fail_fast=True)})
        self._validator = SchemaValidator(
            cs.tagged_union_schema({"one": item, "many": items}, _one_or_many),
            STRICT,
        )

    def read(self, raw: bytes) -> list[dict[str, Any]]:
        """Items of JSON; raises InvalidInputError or TooLargeError as RowSchema does."""
        try:
            read: dict[str, Any] = self._validator.validate_json(raw)
        except ValidationError as error:
            raise refusal(error, skip=1, optional=["source", "items"]) from None
        return [self._named(item) for item in read.get("items", [read])]

    def read_texts(self, values: Mapping[str, str]) -> dict[str, Any]:
        """One item of a table, where every value is a text: a label is a class's name, a number or an index.

        Raises InvalidInputError as RowSchema does.
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
            raise refusal(error, skip=1, optional=["source"]) from None

    def _named(self, item: dict[str, Any]) -> dict[str, Any]:
        if self._bins is not None:
            return {**item, "label": self._bins.labels[bisect_left(self._bins.edges, item["value"])]}
        return item


def _label(names: ClassNames, classes: Sequence[str]) -> cs.CoreSchema:
    known = ", ".join(map(repr, classes[:SHOWN])) + (", ..." if len(classes) > SHOWN else "")
    index = ", or the index of one of them" if names.has_indices else ""

    def named(literal: Any) -> str:
        name = names.find(literal)
        if name is None:
            raise PydanticCustomError("unknown_label", "Input should be {known}", {"known": known + index})
        return name

    return cs.no_info_plain_validator_function(named)


def _one_or_many(data: object) -> str:
    return "many" if isinstance(data, dict) and "items" in data else "one"
