"""Feedback as CSV (RFC 4180, UTF-8): a header, then a line for each prediction whose truth is known."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from api.bundle.schema import FeedbackSchema
from api.errors import FieldError, InvalidInputError, TooLargeError
from api.protocols.csv_text import decode

_OPTIONAL = ("source",)
_ERRORS_SHOWN = 20


def read_feedback(raw: bytes, schema: FeedbackSchema) -> list[dict[str, Any]]:
    """Items as ``schema`` reads them; the header may have the columns in any order. Blank lines are skipped.

    An empty ``source`` is none.

    Raises:
        InvalidInputError: with the lines and columns that do not fit, at most 20 of them.
        TooLargeError: there are more than ``schema.max_rows`` lines.
    """
    reader = csv.reader(io.StringIO(decode(raw), newline=""), strict=True)
    items: list[dict[str, Any]] = []
    errors: list[FieldError] = []
    try:
        header = _header(next(reader, []), schema.truth)
        for record in reader:
            if not record:
                continue
            if len(items) == schema.max_rows:
                raise TooLargeError(f"at most {schema.max_rows} lines fit in one request, send the rest in another one")
            try:
                items.append(schema.read_texts(_values(header, record)))
            except InvalidInputError as error:
                errors += _at(reader.line_num, error)
                if len(errors) >= _ERRORS_SHOWN:
                    break
    except csv.Error:
        errors.append({"field": f"line {reader.line_num}", "message": "is not CSV as RFC 4180 has it"})
    if errors:
        places = ", ".join(entry["field"] for entry in errors[:_ERRORS_SHOWN])
        raise InvalidInputError(f"nothing was taken, these do not fit: {places}", errors=errors[:_ERRORS_SHOWN])
    if not items:
        raise _refuse("body", "has no lines after its header")
    return items


def _header(names: Sequence[str], truth: str) -> Sequence[str]:
    required = {"prediction_id", truth}
    if not required <= set(names) <= required.union(_OPTIONAL) or len(set(names)) < len(names):
        wanted = f"prediction_id,{truth}"
        raise _refuse("line 1", f"is not the header {wanted} or {wanted},source, in any order")
    return names


def _values(header: Sequence[str], record: Sequence[str]) -> dict[str, str]:
    if len(record) != len(header):
        raise _refuse("", f"has {len(record)} fields where the header has {len(header)}")
    values = dict(zip(header, record, strict=True))
    return {name: value for name, value in values.items() if value or name not in _OPTIONAL}


def _at(line: int, error: InvalidInputError) -> list[FieldError]:
    return [
        {"field": f"line {line}, {entry['field']}".rstrip(", "), "message": entry["message"]} for entry in error.errors
    ]


def _refuse(place: str, problem: str) -> InvalidInputError:
    return InvalidInputError(f"{place}: {problem}", errors=[{"field": place, "message": problem}])
