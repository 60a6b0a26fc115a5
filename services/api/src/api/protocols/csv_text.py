"""The text of a CSV body, and how it is cut: as the model's training table is written, or as RFC 4180 says."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from api.bundle.manifest import Csv
from api.errors import InvalidInputError

_OTHER_SEPARATORS = (",", ";", "\t")


class Opened(NamedTuple):
    """``header`` without the spaces around its names; ``records`` are the lines after it, each with its number.

    ``records`` raises InvalidInputError where the text is not CSV. Blank lines are skipped.
    """

    header: list[str]
    records: Iterator[tuple[int, list[str]]]
    decimal: str


def open_table(raw: bytes, names: Sequence[str], written: Csv) -> Opened:
    """Cut ``raw`` at the separator that finds the most of ``names`` in its header, first of all at ``written``'s own.

    Raises:
        InvalidInputError: the bytes are neither UTF-8 nor in ``written``'s encoding, or the header is not CSV.
    """
    text = io.StringIO(decode(raw, written.encoding), newline="")
    separators = dict.fromkeys((written.separator, *_OTHER_SEPARATORS))
    # Excel's own first line, sep=; is not a row of the table
    skips = dict.fromkeys((written.skip, 1 if text.readline(10).lower().startswith("sep=") else 0, 0))
    ways = [(skip, separator) for skip in skips for separator in separators]
    skip, separator = max(ways, key=lambda way: _names_found(text, way[0], way[1], names))
    records = _records(text, skip, separator)
    _, header = next(records, (1, []))
    decimal = "." if separator == "," else written.decimal
    return Opened([name.strip() for name in header], records, decimal)


def decode(raw: bytes, encoding: str = "utf-8") -> str:
    """UTF-8, with or without a byte order mark, or else ``encoding``.

    Raises:
        InvalidInputError: with the line that is neither.
    """
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        try:
            return raw.decode(encoding).removeprefix("\ufeff")
        except UnicodeDecodeError:
            line = raw.count(b"\n", 0, error.start) + 1
            raise refuse(f"line {line}", "is not UTF-8") from None


def refuse(place: str, problem: str) -> InvalidInputError:
    return InvalidInputError(f"{place}: {problem}", errors=[{"field": place, "message": problem}])


def _names_found(text: io.StringIO, skip: int, separator: str, names: Sequence[str]) -> int:
    try:
        _, header = next(_records(text, skip, separator), (1, []))
    except InvalidInputError:
        return -1
    found = {name.strip() for name in header}
    return sum(name in found for name in names)


def _records(text: io.StringIO, skip: int, separator: str) -> Iterator[tuple[int, list[str]]]:
    """The records after ``skip`` lines, each with the number of its last line."""
    text.seek(0)
    for _ in range(skip):
        text.readline()
    reader = csv.reader(text, delimiter=separator, strict=True)
    try:
        for record in reader:
            if record:
                yield skip + reader.line_num, record
    except csv.Error:
        raise refuse(f"line {skip + reader.line_num}", "is not CSV as RFC 4180 has it") from None
