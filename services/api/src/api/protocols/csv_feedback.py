"""Feedback as CSV (RFC 4180, UTF-8): a header, then a line for each prediction whose truth is known."""

from collections.abc import Sequence
from typing import Any

from api.bundle.feedback_schema import FeedbackSchema
from api.bundle.manifest import Manifest
from api.errors import FieldError, InvalidInputError, TooLargeError
from api.protocols.csv_text import open_table, refuse
from api.protocols.written_numbers import Reader, number_reader

_OPTIONAL = ("source",)
_ERRORS_SHOWN = 20


def read_feedback(raw: bytes, schema: FeedbackSchema, manifest: Manifest) -> list[dict[str, Any]]:
    """Items as ``schema`` reads them; the header may have the columns in any order. Blank lines are skipped.

    An empty ``source`` is none. The table is written as the training table was, a value in the format of its target,
    or as RFC 4180 says.

    Raises:
        InvalidInputError: with the lines and columns that do not fit, at most 20 of them.
        TooLargeError: there are more than ``schema.max_rows`` lines.
    """
    opened = open_table(raw, ["prediction_id", schema.truth], manifest.csv)
    form = manifest.csv.formats.get(manifest.target.name, "")
    read = number_reader(form, opened.decimal, manifest.target.unit)
    header = _header(opened.header, schema.truth)
    items: list[dict[str, Any]] = []
    errors: list[FieldError] = []
    for line, record in opened.records:
        if len(items) == schema.max_rows:
            raise TooLargeError(f"at most {schema.max_rows} lines fit in one request, send the rest in another one")
        try:
            items.append(schema.read_texts(_values(header, record, read)))
        except InvalidInputError as error:
            errors += _at(line, error)
            if len(errors) >= _ERRORS_SHOWN:
                break
    if errors:
        places = ", ".join(entry["field"] for entry in errors[:_ERRORS_SHOWN])
        raise InvalidInputError(f"nothing was taken, these do not fit: {places}", errors=errors[:_ERRORS_SHOWN])
    if not items:
        raise refuse("body", "has no lines after its header")
    return items


def _header(names: Sequence[str], truth: str) -> Sequence[str]:
    required = {"prediction_id", truth}
    if not required <= set(names) <= required.union(_OPTIONAL) or len(set(names)) < len(names):
        wanted = f"prediction_id,{truth}"
        raise refuse("line 1", f"is not the header {wanted} or {wanted},source, in any order")
    return names


def _values(header: Sequence[str], record: Sequence[str], read: Reader | None) -> dict[str, str]:
    if len(record) != len(header):
        raise refuse("", f"has {len(record)} fields where the header has {len(header)}")
    values = {name: cell.strip() for name, cell in zip(header, record, strict=True)}
    if read is not None and "value" in values:
        values["value"] = read(values["value"])
    return {name: value for name, value in values.items() if value or name not in _OPTIONAL}


def _at(line: int, error: InvalidInputError) -> list[FieldError]:
    return [
        {"field": f"line {line}, {entry['field']}".rstrip(", "), "message": entry["message"]} for entry in error.errors
    ]
