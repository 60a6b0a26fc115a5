"""CSV with a header (RFC 4180, UTF-8) to rows of values."""

import csv
import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from api.bundle.features import Feature
from api.bundle.mixed_table import MixedTable, of_text
from api.errors import InvalidInputError, TooLargeError
from api.protocols.csv_text import decode
from api.protocols.values import UnfitValueError, check_values
from api.telemetry.model_metrics import Rows

CSV_PARAMETERS = frozenset({b"", b"charset=utf-8", b"header=present", b"charset=utf-8;header=present"})
"""Of the content type text/csv: it is always read so."""


def read_csv(
    raw: bytes,
    features: Sequence[Feature],
    *,
    max_rows: int,
    ignore_others: bool = False,
    mixed: MixedTable | None = None,
) -> Rows:
    """Rows [n, features] in the model's order; the header may have them in any order. Blank lines are skipped.

    They are float64, or for a ``mixed`` table lists of values, where an empty cell is a missing one.

    Raises:
        InvalidInputError: with the line and the column that does not fit; ``ignore_others`` lets further columns be.
        TooLargeError: there are more than ``max_rows`` rows.
    """
    reader = csv.reader(io.StringIO(decode(raw), newline=""), strict=True)
    rows: list[list[Any]] = []
    lines: list[int] = []
    try:
        header = next(reader, [])
        places = _places(header, [feature.name for feature in features], ignore_others)
        for record in reader:
            if not record:
                continue
            if len(rows) == max_rows:
                raise TooLargeError(f"at most {max_rows} rows fit in one request, send the rest in another one")
            if len(record) != len(header):
                raise _refuse(f"line {reader.line_num}", f"has {len(record)} fields where the header has {len(header)}")
            if mixed is None:
                rows.append(_numbers(record, places, header, reader.line_num))
            else:
                cells = zip(places, features, strict=True)
                rows.append([of_text(record[place], feature) for place, feature in cells])
            lines.append(reader.line_num)
    except csv.Error:
        raise _refuse(f"line {reader.line_num}", "is not CSV as RFC 4180 has it") from None
    if not rows:
        raise _refuse("body", "has no rows after its header")
    if mixed is not None:
        return mixed.check(rows, lambda row, name: f"line {lines[row]}, {name}")
    matrix = np.array(rows, dtype=np.float64)
    try:
        check_values(matrix, features)
    except UnfitValueError as error:
        raise error.at(f"line {lines[error.row]}, {features[error.column].name}") from None
    return matrix


def _places(header: Sequence[str], wanted: Sequence[str], ignore_others: bool) -> list[int]:
    missing = [name for name in wanted if name not in header]
    if missing:
        raise _refuse("line 1", f"does not name the columns {', '.join(missing)}")
    if any(header.count(name) > 1 for name in wanted):
        raise _refuse("line 1", "names a column twice")
    if len(header) > len(wanted) and not ignore_others:
        raise _refuse("line 1", f"names columns that the model does not take; it takes {', '.join(wanted)}")
    return [header.index(name) for name in wanted]


def _numbers(record: Sequence[str], places: Sequence[int], header: Sequence[str], line: int) -> list[float]:
    try:
        return [_number(record[place]) for place in places]
    except ValueError:
        unfit = next(place for place in places if not _is_number(record[place]))
        raise _refuse(f"line {line}, {header[unfit]}", "is not a number") from None


def _number(text: str) -> float:
    # Python's own notation for people who write code, not data
    if "_" in text:
        raise ValueError
    return float(text)


def _is_number(text: str) -> bool:
    try:
        _number(text)
    except ValueError:
        return False
    return True


def _refuse(place: str, problem: str) -> InvalidInputError:
    return InvalidInputError(f"{place}: {problem}", errors=[{"field": place, "message": problem}])
