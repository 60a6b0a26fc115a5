"""The rows of a CSV file, one after the other, each with the line it starts on; and the names its header gives."""

import csv
import io
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import islice

from trainer.contract.columns import LONGEST
from trainer.contract.contract import Csv
from trainer.errors import DataError

Row = tuple[int, list[str]]


def rows(content: bytes, where: str, written: Csv) -> Iterator[Row]:
    """Each row that is not blank, the header first. Text is brought to Unicode's composed form (NFC).

    Raises DataError where the bytes are not in the encoding, or the text is not CSV.
    """
    lines = _lines(content, written)
    spaces = written.separator == " "
    reader = csv.reader(
        (line.rstrip() for line in lines) if spaces else lines,
        delimiter=written.separator,
        skipinitialspace=spaces,
        quoting=csv.QUOTE_MINIMAL if written.quotes == "strict" else csv.QUOTE_NONE,
        strict=True,
    )
    start = 1
    try:
        for row in reader:
            if row:
                yield written.skip + start, row
            start = reader.line_num + 1
    except UnicodeDecodeError:
        raise _not_decoded(content, where, written) from None
    except csv.Error as error:
        raise DataError(f"{where}: is not CSV: {error}, near line {written.skip + start}") from error


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


def _lines(content: bytes, written: Csv) -> Iterator[str]:
    text = io.TextIOWrapper(io.BytesIO(content), encoding=written.encoding, newline="")
    for number, line in enumerate(islice(text, written.skip, None)):
        if line.isascii():
            yield line
        else:
            yield unicodedata.normalize("NFC", line.removeprefix("\ufeff") if number == 0 else line)


def _not_decoded(content: bytes, where: str, written: Csv) -> DataError:
    at = 0
    try:
        content.decode(written.encoding)
    except UnicodeDecodeError as error:
        at = error.start
    is_utf8 = written.encoding in {"utf-8", "utf-8-sig"}
    advice = "save the file as UTF-8, or name its encoding in the contract" if is_utf8 else "look at csv.encoding"
    name = "UTF-8" if is_utf8 else written.encoding
    line = content.count(b"\n", 0, at) + 1
    return DataError(f"{where}: line {line} is not {name}; {advice}")
