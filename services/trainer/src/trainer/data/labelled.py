"""Labelled predictions as files: data/feedback/<date>.csv, in the courier's columns, every row within the contract."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from trainer.contract.contract import Contract
from trainer.data.table import OURS, parse
from trainer.errors import BadRowsError, ColumnsDifferError, DataError, EmptyDataError

ID, AT, LABEL = "prediction_id", "at", "label"
Row = dict[str, str]
"""A labelled prediction, cell by column."""


@dataclass(frozen=True)
class CheckedLabels:
    """Labelled rows that keep the contract, and those that do not."""

    rows: list[Row]
    refused: list[tuple[Row, str]]
    """With the rule that it breaks."""


def read_rows(content: bytes, contract: Contract, where: str) -> list[Row]:
    """The rows of a labelled CSV; none where it is empty. Raises ColumnsDifferError, DataError for what is no CSV."""
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        rows = list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{where} is no CSV in UTF-8: {error}") from error
    wanted = [ID, AT, *contract.features, LABEL]
    if rows and (absent := [name for name in wanted if name not in (reader.fieldnames or [])]):
        raise ColumnsDifferError(f"{where}: column {', '.join(map(repr, absent))} is missing")
    if ragged := [number for number, row in enumerate(rows, 2) if None in row or None in row.values()]:
        raise DataError(f"{where}: row {ragged[0]} has not the number of cells of the header")
    return rows


def read_folder(folder: Path, contract: Contract) -> list[Row]:
    """Every row of every file, in the order of their dates; where a prediction was labelled again, the last word."""
    latest: dict[str, Row] = {}
    for path in sorted(folder.glob("*.csv")):
        for row in read_rows(path.read_bytes(), contract, str(path)):
            latest[row[ID]] = row
    return sorted(latest.values(), key=lambda row: (row[AT], row[ID]))


def check_rows(rows: list[Row], contract: Contract) -> CheckedLabels:
    """Which rows keep the contract."""
    try:
        frame_of(rows, contract)
    except BadRowsError as error:
        rules = {violation.line: f"{violation.column}: {violation.rule}" for violation in reversed(error.violations)}
        numbered = list(enumerate(rows, 2))
        return CheckedLabels(
            [row for line, row in numbered if line not in rules],
            [(row, rules[line]) for line, row in numbered if line in rules],
        )
    except EmptyDataError:
        return CheckedLabels([], [])
    return CheckedLabels(rows, [])


def frame_of(rows: list[Row], contract: Contract) -> pd.DataFrame:
    """Typed, in the contract's columns, the label as the target, one row for each. Raises DataError."""
    names = [*contract.features, contract.target.name]
    # One line for each row: its number is the row's.
    lines = ([" ".join(row[name].splitlines()) for name in (*contract.features, LABEL)] for row in rows)
    # Two flowers may be alike; which repeats are kept is decided later.
    allowing = contract.model_copy(update={"duplicates": "allow"})
    return parse(_csv([names, *lines]), allowing, "labelled predictions", OURS, roles=False)


def to_csv(rows: list[Row]) -> bytes:
    """The rows as CSV, with each column that any of them has."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    return _csv([names, *([row.get(name, "") for name in names] for row in rows)])


def _csv(lines: Iterable[list[str]]) -> bytes:
    content = io.StringIO(newline="")
    csv.writer(content, lineterminator="\n").writerows(lines)
    return content.getvalue().encode()
