"""CSV to a typed, checked frame and back. A frame's index is the line of each row in its file, 1 being the header."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from trainer.checks import check, in_order
from trainer.contract import Column, Contract
from trainer.errors import BadRowsError, ColumnsDifferError, DataError, EmptyDataError, StageError, Violation


def read(path: Path, contract: Contract) -> pd.DataFrame:
    """The processed data set, checked again. Raises StageError when `prepare` has not made it, DataError otherwise."""
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise StageError(f"{path} is not there; run `python -m trainer prepare` (or `dvc repro`) first") from error
    return parse(content, contract, str(path))


def parse(content: bytes, contract: Contract, where: str) -> pd.DataFrame:
    """Columns in the contract's order, the target last.

    Raises EmptyDataError, ColumnsDifferError, or BadRowsError with every violation in the file; a row that holds text
    for a number, or nothing, is told for that alone.
    """
    rows = _rows(content, where)
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
    typed, violations = _typed(text.apply(lambda column: column.str.strip()), contract)
    violations += check(typed, contract)
    if violations:
        raise BadRowsError(where, in_order(violations, contract))
    return typed


def to_csv(frame: pd.DataFrame) -> bytes:
    """The shortest decimal form that reads back as the same number."""
    return bytes(frame.to_csv(index=False, lineterminator="\n").encode())


def _rows(content: bytes, where: str) -> list[tuple[int, list[str]]]:
    """Each row that is not blank, with the line it starts on (a quoted cell may span several)."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(f"{where}: line {line} is not UTF-8; save the file as UTF-8") from error
    try:
        return [(line, row) for line, row in _numbered(text) if row]
    except csv.Error as error:
        raise DataError(f"{where}: is not CSV: {error}") from error


def _numbered(text: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
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
        if name not in expected
    ]
    faults += [f"column {name!r} is there twice" for name in expected if header.count(name) > 1]
    if faults:
        raise ColumnsDifferError(f"{where}: " + "; ".join(faults))


def _typed(text: pd.DataFrame, contract: Contract) -> tuple[pd.DataFrame, list[Violation]]:
    """Numbers instead of text, without the rows that hold something else; those are the violations."""
    violations: list[Violation] = []
    columns: dict[str, pd.Series] = {}
    whole = pd.Series(data=True, index=text.index)
    for column in contract.columns:
        numbers, faults = _numbers(text[column.name], column)
        violations += faults
        columns[column.name] = numbers
        whole &= numbers.notna()
    target = text[contract.target.name]
    violations += [Violation(int(line), contract.target.name, "", "is missing") for line in target.index[target == ""]]
    columns[contract.target.name] = target
    typed = pd.DataFrame(columns)[whole & (target != "")]
    return typed.astype({column.name: column.dtype for column in contract.columns}), violations


def _numbers(text: pd.Series, column: Column) -> tuple[pd.Series, list[Violation]]:
    numbers = pd.to_numeric(text, errors="coerce").astype("float64")
    missing = text.str.lower().isin(["", "nan", "null", "none", "na", "n/a"])
    wrong = numbers.isna() & ~missing
    if column.dtype == "int64":
        # A float64 holds every whole number up to 2**53.
        wrong |= ~missing & ((numbers % 1 != 0) | (numbers.abs() > 2**53))
    numbers = numbers.mask(wrong)
    faults = [Violation(int(line), column.name, str(text[line]), "is missing") for line in text.index[missing]]
    faults += [
        Violation(int(line), column.name, str(text[line]), f"is no {column.dtype}") for line in text.index[wrong]
    ]
    return numbers, faults
