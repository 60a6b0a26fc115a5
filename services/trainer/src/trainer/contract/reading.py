"""The rows of a CSV file, one after the other, each with the line it starts on; and the names its header gives."""

import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import BinaryIO, Literal, TypedDict

from trainer.contract.csv_format import Csv, Quotes
from trainer.contract.labels import LONGEST
from trainer.errors import DataError

Row = tuple[int, list[str]]


class Quoting(TypedDict):
    """How pandas is asked to read quotes."""

    quoting: Literal[0, 3]
    quotechar: str
    escapechar: str | None
    strict: bool


FEWEST, LOOKED_AT = 3, 20
"""Rows that show whether the header lacks a name."""


def rows(content: bytes | BinaryIO, where: str, written: Csv) -> Iterator[Row]:
    """Each row that is not blank, the header first; a file without one gets `numbered` names.

    Text is brought to Unicode's composed form (NFC).
    A header that lacks a name which every row has a cell for gets an empty one. Raises DataError where the bytes are
    not in the encoding, or the text is not CSV.
    """
    found = _read(content, where, written)
    first = list(islice(found, 1 + LOOKED_AT))
    if written.header == "none" and first:
        first.insert(0, (first[0][0], numbered(len(first[0][1]))))
    elif first:
        complete(first[0][1], [row for _, row in first[1:]])
    yield from first
    yield from found


def numbered(width: int) -> list[str]:
    """The names of columns that have none in their file."""
    return [f"field_{place}" for place in range(1, width + 1)]


def complete(header: list[str], rows: Sequence[Sequence[str]]) -> None:
    """Give the header the empty names that it lacks: in front of R's row names, or for separators that end each row.

    It stays as it is where `rows`, the first ones, do not show it.
    """
    width, widths = len(header), {len(row) for row in rows}
    if len(rows) < FEWEST or len(widths) > 1 or (more := widths.pop() - width) < 1:
        return
    if not any(cell.strip() for row in rows for cell in row[width:]):
        header += [""] * more
    # Row names differ; where a decimal comma cuts a number in two, its whole parts repeat.
    elif more == 1 and len({row[0] for row in rows}) == len(rows):
        header.insert(0, "")


def _read(content: bytes | BinaryIO, where: str, written: Csv) -> Iterator[Row]:
    lines = unwrapped(_lines(content, written), written.quotes)
    spaces = written.separator == " "
    if written.quotes == "backslash":
        # \N is a mark for "no value", and the N in it no sign of a cell.
        lines = (line.replace("\\N", "\\\\N") for line in lines)
    reader = csv.reader(
        (line.rstrip() for line in lines) if spaces else lines,
        delimiter=written.separator,
        skipinitialspace=True,
        **quoting(written.quotes),
    )
    start = 1
    try:
        for row in reader:
            if row:
                yield written.skip + start, row
            start = reader.line_num + 1
    except UnicodeDecodeError:
        raise _not_decoded(content, where, written, start) from None
    except csv.Error as error:
        raise DataError(f"{where}: is not CSV: {error}, near line {written.skip + start}") from error


def quoting(quotes: Quotes) -> Quoting:
    """The arguments of `csv.reader` for a file's quotes."""
    return {
        "quoting": csv.QUOTE_NONE if quotes == "none" else csv.QUOTE_MINIMAL,
        "quotechar": "'" if quotes == "single" else '"',
        "escapechar": "\\" if quotes == "backslash" else None,
        "strict": quotes != "backslash",
    }


def unwrapped(lines: Iterable[str], quotes: Quotes) -> Iterable[str]:
    """The lines without the quotes around each, where the file has them."""
    return (unquoted(line) for line in lines) if quotes == "lines" else lines


def unquoted(line: str) -> str:
    """ "1,""a"",2" is 1,"a",2; any other line stays as it is."""
    text = line.rstrip()
    whole = len(text) > 1 and text[0] == text[-1] == '"' and '"' not in text[1:-1].replace('""', "")
    return text[1:-1].replace('""', '"') + line[len(text) :] if whole else line


def names(header: Sequence[str]) -> list[str]:
    """The names of the columns: a nameless one by its place, a repeated name with its count, a long one cut."""
    found: list[str] = []
    for place, cell in enumerate(header, 1):
        name = tidy(cell) or f"column_{place}"
        count, unique = 1, name
        while unique in found:
            count += 1
            unique = f"{name[: LONGEST - 8]}.{count}"
        found.append(unique)
    return found


def tidy(text: str) -> str:
    """Without what cannot be printed, one space between words, at most as long as a name may be."""
    if not text.isprintable():
        text = "".join(sign if sign.isprintable() else " " for sign in text)
        text = " ".join(text.split())
    return text.strip()[:LONGEST].rstrip()


def _lines(content: bytes | BinaryIO, written: Csv) -> Iterator[str]:
    file = io.BytesIO(content) if isinstance(content, bytes) else content
    text = io.TextIOWrapper(file, encoding=written.encoding, newline="")
    try:
        for number, line in enumerate(islice(text, written.skip, None)):
            if line.isascii():
                yield line
            else:
                yield unicodedata.normalize("NFC", line.removeprefix("\ufeff") if number == 0 else line)
    finally:
        # The file is the caller's to close, who may have done so.
        with suppress(ValueError):
            text.detach()


def _not_decoded(content: bytes | BinaryIO, where: str, written: Csv, start: int) -> DataError:
    at = 0
    try:
        if isinstance(content, bytes):
            content.decode(written.encoding)
    except UnicodeDecodeError as error:
        at = error.start
    is_utf8 = written.encoding in {"utf-8", "utf-8-sig"}
    advice = "save the file as UTF-8, or name its encoding in the contract" if is_utf8 else "look at csv.encoding"
    name = "UTF-8" if is_utf8 else written.encoding
    # Of a stream only the last line that was read is known; the decoder is up to 8 KiB ahead of it.
    line = content.count(b"\n", 0, at) + 1 if isinstance(content, bytes) else f"{start} or a later one"
    return DataError(f"{where}: line {line} is not {name}; {advice}")
