"""CSV to a typed, checked frame and back. A frame's index is the line of each row in its file, 1 being the header."""

import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from trainer.contract.cells import spelled, typed
from trainer.contract.checks import check, in_order
from trainer.contract.contract import Contract
from trainer.contract.csv_format import Csv
from trainer.contract.reading import Row, names, rows
from trainer.errors import BadRowsError, ColumnsDifferError, EmptyDataError, StageError, Violation

OURS = Csv(missing=("",))
"""How the processed file is written."""
HEADER_AGAIN = "the header again"
BLOCK = 50_000
"""Rows whose cells are text at the same time."""


class ParsedTable(NamedTuple):
    """The rows that are learnt from, and how many were left out for each reason."""

    frame: pd.DataFrame
    left_out: dict[str, int]


def read(path: Path, contract: Contract) -> pd.DataFrame:
    """The processed data set, checked again. Raises StageError when `prepare` has not made it, DataError otherwise."""
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise StageError(f"{path} is not there; run `python -m trainer prepare` (or `dvc repro`) first") from error
    return parse(content, contract, str(path), OURS)


def parse(
    content: bytes, contract: Contract, where: str, written: Csv | None = None, *, roles: bool = True
) -> pd.DataFrame:
    """Columns in the contract's order, the target after them, then columns with a role, as text.

    `written` is how, if not as the contract says; without `roles` their columns need not be there. A category is text,
    a boolean True or False, a missing value NaN (in a column of booleans None). Raises EmptyDataError,
    ColumnsDifferError, or BadRowsError with every violation in the file; a row that holds text for a number, or
    nothing where something has to be, is reported for that alone.
    """
    return _parsed(content, contract, where, written or contract.csv, roles=roles, lenient=False).frame


def parse_source(content: bytes, contract: Contract, where: str) -> ParsedTable:
    """As `parse`, but rows without a target, and those that `csv:` leaves out, are left out and counted."""
    return _parsed(content, contract, where, contract.csv, roles=True, lenient=True)


def to_csv(frame: pd.DataFrame) -> bytes:
    """The shortest decimal form that reads back as the same number; true, false, and nothing for what is missing."""
    words = {True: "true", False: "false"}
    text = frame.assign(**{str(name): column.map(words) for name, column in frame.items() if _is_boolean(column)})
    # Bytes from the beginning: the text of a large table would take its size once more.
    written = io.BytesIO()
    text.to_csv(written, index=False, lineterminator="\n", mode="wb")
    return written.getvalue()


def _is_boolean(column: "pd.Series[Any]") -> bool:
    return bool(column.dtype == bool or column.dtype == object)


def _parsed(content: bytes, contract: Contract, where: str, written: Csv, *, roles: bool, lenient: bool) -> ParsedTable:
    found = rows(content, where, written)
    head = next(found, None)
    if head is None:
        raise EmptyDataError(f"{where} is empty; it needs a header line and rows")
    header = names(head[1])
    _check_header(header, contract, where, roles=roles)
    left_out: dict[str, int] = {}
    ragged: list[Violation] = []
    frames: list[pd.DataFrame] = []
    violations: list[Violation] = []
    wanted = [*contract.features, contract.target.name, *(name for name in contract.kept if name in header)]
    even = even_rows(found, head[1], written, ragged, left_out)
    for block in _blocks(even):
        text = _without_rare(_text(block, header, wanted), contract, left_out)
        frame, wrong = typed(text, contract, written, lenient=lenient, formats=written is not OURS)
        violations += wrong
        if without := len(text) - len(frame) - len({one.line for one in wrong}):
            left_out["no target"] = left_out.get("no target", 0) + without
        frames.append(frame)
    if ragged and written.ragged == "refuse":
        raise BadRowsError(where, ragged)
    if not frames:
        raise EmptyDataError(f"{where} has a header and no rows")
    frame = frames[0] if len(frames) == 1 else pd.concat(frames)
    # The parts of a large table would take its size once more.
    frames.clear()
    violations += check(frame, contract)
    if violations:
        raise BadRowsError(where, in_order(violations, contract))
    if frame.empty:
        count, name = sum(left_out.values()), contract.target.name
        raise EmptyDataError(
            f"{where}: of {count} rows none has a value of the target {name!r} to learn; "
            "name another column as the target, or fill it in"
        )
    if ragged:
        left_out["not as many cells as the header"] = len(ragged)
    return ParsedTable(frame, left_out)


def _without_rare(text: pd.DataFrame, contract: Contract, left_out: dict[str, int]) -> pd.DataFrame:
    """Without the rows of the classes that the contract leaves out; they are counted."""
    target = contract.target
    if not target.leave_out:
        return text
    rare = spelled(text[target.name], (*target.classes, *target.leave_out)).isin(target.leave_out)
    if count := int(rare.sum()):
        left_out["left out by target.leave_out"] = left_out.get("left out by target.leave_out", 0) + count
    return text[~rare]


def even_rows(
    found: Iterable[Row], header: Sequence[str], written: Csv, ragged: list[Violation], left_out: dict[str, int]
) -> Iterator[Row]:
    """Rows as wide as the header; others go to `ragged`; totals and repeated headers are counted in `left_out`."""
    width, totals = len(header), {word.casefold() for word in written.leave_out}
    for line, row in found:
        if totals and next((cell for cell in map(str.strip, row) if cell), "").casefold() in totals:
            left_out["left out by csv.leave_out"] = left_out.get("left out by csv.leave_out", 0) + 1
        elif row == header:
            left_out[HEADER_AGAIN] = left_out.get(HEADER_AGAIN, 0) + 1
        elif len(row) != width:
            rule = f"has {len(row)} cells, the header names {width}"
            ragged.append(Violation(line, "", written.separator.join(row)[:200], rule))
        else:
            yield line, row


def _blocks(even: Iterator[Row]) -> Iterator[list[Row]]:
    while block := list(islice(even, BLOCK)):
        yield block


def _text(block: list[Row], header: list[str], wanted: list[str]) -> pd.DataFrame:
    lines, cells = zip(*block, strict=True)
    columns = dict(zip(header, zip(*cells, strict=True), strict=True))
    return pd.DataFrame({name: [*map(str.strip, columns[name])] for name in wanted}, lines, dtype=str)


def _check_header(header: list[str], contract: Contract, where: str, *, roles: bool) -> None:
    kept = contract.kept if roles else ()
    expected = [*contract.features, contract.target.name, *kept]
    known = {*expected, *contract.kept, *contract.ignore}
    faults = [f"column {name!r} is missing" for name in expected if name not in header]
    for name in header:
        first, _, count = name.rpartition(".")
        if name in known:
            continue
        if count.isdecimal() and first in header:
            faults.append(f"column {first!r} is there twice; describe the second as {name!r}, or put that into ignore")
        else:
            faults.append(f"column {name!r} is not in the contract; describe it there or take it out of the file")
    if faults:
        raise ColumnsDifferError(f"{where}: " + "; ".join(faults))
