"""CSV to a typed, checked frame and back. A frame's index is the line of each row in its file, 1 being the header."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from trainer.contract.cells import typed
from trainer.contract.checks import check, in_order
from trainer.contract.contract import Contract, Csv
from trainer.errors import BadRowsError, ColumnsDifferError, DataError, EmptyDataError, StageError, Violation

OURS = Csv(missing=("",))
"""How the processed file is written."""


def read(path: Path, contract: Contract) -> pd.DataFrame:
    """The processed data set, checked again. Raises StageError when `prepare` has not made it, DataError otherwise."""
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise StageError(f"{path} is not there; run `python -m trainer prepare` (or `dvc repro`) first") from error
    return parse(content, contract, str(path), OURS)


def parse(content: bytes, contract: Contract, where: str, written: Csv | None = None) -> pd.DataFrame:
    """Columns in the contract's order, the target last; `written` is how, if not as the contract says.

    A category is text, a boolean True or False, a missing value NaN (in a column of booleans None). Raises
    EmptyDataError, ColumnsDifferError, or BadRowsError with every violation in the file; a row that holds text for a
    number, or nothing where something has to be, is told for that alone.
    """
    written = written or contract.csv
    rows = _rows(content, where, written)
    lines, cells = zip(*rows, strict=True) if rows else ((), ())
    if not lines:
        raise EmptyDataError(f"{where} is empty; it needs a header line and rows")
    header = [name.strip() for name in cells[0]]
    _check_header(header, contract, where)
    if len(lines) == 1:
        raise EmptyDataError(f"{where} has a header and no rows")
    if ragged := [
        Violation(line, "", ",".join(row), f"has {len(row)} cells, the header names {len(header)}")
        for line, row in rows[1:]
        if len(row) != len(header)
    ]:
        raise BadRowsError(where, ragged)
    text = pd.DataFrame(list(cells[1:]), columns=header, index=list(lines[1:]), dtype=str)
    text = text.drop(columns=[name for name in contract.ignore if name in header])
    frame, violations = typed(text.apply(lambda column: column.str.strip()), contract, written)
    violations += check(frame, contract)
    if violations:
        raise BadRowsError(where, in_order(violations, contract))
    return frame


def to_csv(frame: pd.DataFrame) -> bytes:
    """The shortest decimal form that reads back as the same number; true, false, and nothing for what is missing."""
    said = {True: "true", False: "false"}
    text = frame.assign(**{str(name): column.map(said) for name, column in frame.items() if _is_boolean(column)})
    return bytes(text.to_csv(index=False, lineterminator="\n").encode())


def _is_boolean(column: "pd.Series[Any]") -> bool:
    return bool(column.dtype == bool or column.dtype == object)


def _rows(content: bytes, where: str, written: Csv) -> list[tuple[int, list[str]]]:
    """Each row that is not blank, with the line it starts on (a quoted cell may span several)."""
    try:
        text = content.decode(written.encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        is_utf8 = written.encoding == OURS.encoding
        advice = "save the file as UTF-8, or name its encoding in the contract" if is_utf8 else "look at csv.encoding"
        name = "UTF-8" if is_utf8 else written.encoding
        raise DataError(f"{where}: line {line} is not {name}; {advice}") from error
    try:
        return [(line, row) for line, row in _numbered(text.removeprefix("\ufeff"), written.separator) if row]
    except csv.Error as error:
        raise DataError(f"{where}: is not CSV: {error}") from error


def _numbered(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    start = 1
    for row in reader:
        yield start, row
        start = reader.line_num + 1


def _check_header(header: list[str], contract: Contract, where: str) -> None:
    expected = [*contract.features, contract.target.name]
    faults = [f"column {name!r} is missing" for name in expected if name not in header]
    faults += [
        f"column {name!r} is not in the contract; describe it there or take it out of the file"
        for name in header
        if name not in expected and name not in contract.ignore
    ]
    faults += [f"column {name!r} is there twice" for name in expected if header.count(name) > 1]
    if faults:
        raise ColumnsDifferError(f"{where}: " + "; ".join(faults))
