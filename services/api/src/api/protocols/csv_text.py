"""The text of a CSV body, and how it is cut: as the model's training table is written, or as RFC 4180 says."""

import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple

from api.bundle.manifest import Csv
from api.errors import InvalidInputError

_OTHER_SEPARATORS = (",", ";", "\t")
_FEWEST, _LOOKED_AT = 3, 20
"""Records that show whether the header lacks a name."""
LONGEST = 256
"""Characters of a column's name."""


class CsvRecords(NamedTuple):
    """``header`` without the spaces around its names; ``records`` are the lines after it, each with its number.

    Text is in Unicode's composed form (NFC). ``records`` raises InvalidInputError where it is not CSV. Blank lines are
    skipped.
    """

    header: list[str]
    records: Iterator[tuple[int, list[str]]]
    decimal: str


def open_table(raw: bytes, names: Sequence[str], written: Csv) -> CsvRecords:
    """Cut ``raw`` at the separator that finds the most of ``names`` in its header, first of all at ``written``'s own.

    Raises:
        InvalidInputError: the bytes are neither UTF-8 nor in ``written``'s encoding, or the header is not CSV.
    """
    decoded = decode(raw, written.encoding)
    composed = decoded if decoded.isascii() else unicodedata.normalize("NFC", decoded)
    text = io.StringIO(composed, newline="")
    separators = dict.fromkeys((written.separator, *_OTHER_SEPARATORS))
    # Excel's own first line, sep=; is not a row of the table
    skips = dict.fromkeys((written.skip, 1 if text.readline(10).lower().startswith("sep=") else 0, 0))
    ways = [(skip, separator) for skip in skips for separator in separators]
    skip, separator = max(ways, key=lambda way: _names_found(_records(text, way[0], way[1], written.quotes), names))
    records = _records(text, skip, separator, written.quotes)
    _, header = next(records, (1, []))
    first = list(islice(records, _LOOKED_AT))
    _complete(header, [record for _, record in first])
    decimal = "." if separator == "," else written.decimal
    return CsvRecords([tidy(name) for name in header], chain(first, records), decimal)


def _complete(header: list[str], records: Sequence[Sequence[str]]) -> None:
    """Give the header the empty names that it lacks: in front of R's row names, or for separators that end each line.

    The trainer's rule. It stays as it is where the first ``records`` do not show it.
    """
    width, widths = len(header), {len(record) for record in records}
    if len(records) < _FEWEST or len(widths) > 1 or (more := widths.pop() - width) < 1:
        return
    if not any(cell.strip() for record in records for cell in record[width:]):
        header += [""] * more
    elif more == 1 and len({record[0] for record in records}) == len(records):
        header.insert(0, "")


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
    """The error for a cell or a line; `place` names it as the client sees it."""
    return InvalidInputError(f"{place}: {problem}", errors=[{"field": place, "message": problem}])


def tidy(text: str) -> str:
    """Without what cannot be printed, one space between words there, at most as long as a name may be."""
    if not text.isprintable():
        text = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return text.strip()[:LONGEST].rstrip()


def _names_found(records: Iterator[tuple[int, list[str]]], names: Sequence[str]) -> int:
    try:
        _, header = next(records, (1, []))
    except InvalidInputError:
        return -1
    found = {tidy(name) for name in header}
    return sum(name in found for name in names)


def unquoted(line: str) -> str:
    """ "1,""a"",2" is 1,"a",2; any other line stays as it is."""
    text = line.rstrip()
    whole = len(text) > 1 and text[0] == text[-1] == '"' and '"' not in text[1:-1].replace('""', "")
    return text[1:-1].replace('""', '"') + line[len(text) :] if whole else line


def _records(text: io.StringIO, skip: int, separator: str, quotes: str) -> Iterator[tuple[int, list[str]]]:
    """The records after ``skip`` lines, each with the number of its last line."""
    text.seek(0)
    for _ in range(skip):
        text.readline()
    spaces = separator == " "
    lines: Iterable[str] = text
    if quotes == "backslash":
        lines = (line.replace("\\N", "\\\\N") for line in text)
    elif quotes == "lines":
        lines = (unquoted(line) for line in text)
    reader = csv.reader(
        (line.rstrip() for line in text) if spaces else lines,
        delimiter=separator,
        skipinitialspace=True,
        quoting=csv.QUOTE_NONE if quotes == "none" else csv.QUOTE_MINIMAL,
        quotechar="'" if quotes == "single" else '"',
        escapechar="\\" if quotes == "backslash" else None,
        # Behind a backslash nothing is strict: csv.reader takes a quote in a cell for an end otherwise.
        strict=quotes != "backslash",
    )
    try:
        for record in reader:
            if record:
                yield skip + reader.line_num, record
    except csv.Error:
        raise refuse(f"line {skip + reader.line_num}", "is not CSV as RFC 4180 has it") from None
