"""Detects the dialect of a CSV file: encoding, lines before the header, separator, quotes."""

import csv
import io
import re
from collections import Counter
from itertools import islice

from trainer.contract.csv_format import Csv, Quotes
from trainer.contract.reading import quoting, unquoted, unwrapped
from trainer.drafting.encodings import encoding_of
from trainer.drafting.header_detection import headless
from trainer.errors import EmptyDataError

SEPARATORS = (",", ";", "\t", "|")
RARE_SEPARATORS = ("^", "~", "\x01", "\x1f", ":")
LINES = 500
"""From the beginning of the file: enough to see how it is written."""
QUOTED = 0.9
"""The share of the rows that are in quotes as a whole where that is how a file is written."""
_BACKSLASHED = re.compile(r'\\"[^,;\t|\r\n]|\\[,;\t|]')
"""A quote behind a backslash that does not end its cell, as C:\\" does; or a separator there."""
_SINGLE = re.compile(r"(?:^|[,;\t|])'[^']*'(?:[,;\t|]|$)")
_SINGLE_HEADER = re.compile(r"\s*'[^']+'(?:(?:[,;|]\s*|\s+)'[^']+')+\s*")
_SEP = re.compile(r"^[\ufeff\"]*sep=(.)\"?$", re.IGNORECASE)


def dialect(content: bytes, source: str) -> Csv:
    """Raises EmptyDataError for a file without a header and rows."""
    encoding = encoding_of(content)
    text = io.TextIOWrapper(io.BytesIO(content), encoding=encoding, newline="")
    lines = [line.removeprefix("\ufeff") for line in islice(text, LINES)]
    skip, separator = _announced(lines)
    skip += _comments(lines[skip:])
    quotes = _quotes(lines[skip:])
    if separator is None:
        separator = _separator(lines[skip:], quotes)
    skip += _title(lines[skip:], separator, quotes)
    table = _table(lines[skip:], separator, quotes)
    if len(table) < 2:
        raise EmptyDataError(f"{source} needs a header line and rows")
    header = "none" if headless(table) else "first"
    return Csv.model_validate(
        {"separator": separator, "encoding": encoding, "skip": skip, "quotes": quotes, "header": header}
    )


def _announced(lines: list[str]) -> tuple[int, str | None]:
    """Excel's first line sep=; names the separator."""
    found = _SEP.match(lines[0].strip("\r\n")) if lines else None
    return (1, found[1]) if found else (0, None)


def _comments(lines: list[str]) -> int:
    """How many lines before the header are comments; a header that begins with # is none of them."""
    count = next((place for place, line in enumerate(lines) if line.strip() and not line.startswith(("#", "//"))), 0)
    while count and not lines[count - 1].strip():
        count -= 1
    if count == 1 and len(lines) > 1:
        widths = [max(line.count(sign) for sign in SEPARATORS) for line in lines[:2]]
        return 0 if widths[0] and widths[0] == widths[1] else 1
    return count


def _title(lines: list[str], separator: str, quotes: Quotes) -> int:
    """How many lines come before the first one that is as wide as most rows are."""
    rows = _numbered(lines, separator, quotes)
    widths = Counter(len(row) for _, row in rows)
    usual = max(widths, key=lambda width: (widths[width] if width > 1 else 0, width), default=0)
    first = next((place for place, row in rows if len(row) >= usual), 0)
    # A header may be narrower than its rows; a title has one cell, or two with nothing in the second.
    before = [[cell for cell in row if cell.strip()] for place, row in rows if place < first]
    return first if all(len(row) <= max(1, usual // 3) for row in before) else 0


def _separator(lines: list[str], quotes: Quotes) -> str:
    found = max((*SEPARATORS, " "), key=lambda one: _evenness(_table(lines, one, quotes), one))
    if len(next(iter(_table(lines, found, quotes)), [])) >= 2 or _title(lines, ",", quotes):
        return found
    # A sign that is part of texts and times, too: it has to cut every row like the header.
    cut = {one: {len(row) for row in _table(lines[:-1] or lines, one, quotes)} for one in RARE_SEPARATORS}
    return next((one for one, widths in cut.items() if len(widths) == 1 and min(widths) > 1), ",")


def _quotes(lines: list[str]) -> Quotes:
    if any(_BACKSLASHED.search(line) for line in lines) and _as_wide(lines, "backslash") > _as_wide(lines, "strict"):
        return "backslash"
    if _are_quoted(lines):
        return "lines"
    enclosed = [line for line in lines[1:] if _SINGLE.search(line.rstrip("\r\n"))]
    header_alone = bool(lines and _SINGLE_HEADER.fullmatch(lines[0])) and not any("'" in line for line in lines[1:])
    if (header_alone or len(enclosed) > len(lines) / 2) and not any('"' in line for line in lines):
        return "single"
    return "strict" if _closed(lines) else "none"


def _are_quoted(lines: list[str]) -> bool:
    """Whether lines are one cell each as they are, and as many as the header has without their quotes."""
    rows = [line for line in lines[1:] if line.strip()]
    inner = [line for line in rows if unquoted(line) != line]
    if not rows or len(inner) < QUOTED * len(rows):
        return False
    sign = _likeliest([unquoted(line) for line in lines[:20]])
    width = len(next(iter(_table(lines[:1], sign, "lines")), []))
    alone = sum(len(row) == 1 for row in _table(inner, sign, "strict"))
    alike = sum(len(row) == width for row in _table(inner, sign, "lines"))
    return width > 1 and min(alone, alike) >= QUOTED * len(rows)


def _as_wide(lines: list[str], quotes: Quotes) -> float:
    """The share of the rows that are as wide as the first one."""
    widths = [len(row) for row in _table(lines, _likeliest(lines), quotes)]
    return sum(width == widths[0] for width in widths) / max(len(widths), 1)


def _closed(lines: list[str]) -> bool:
    """Whether every quote that opens a cell is closed as CSV wants it."""
    try:
        for separator in SEPARATORS:
            if any(re.search(rf'(^|{re.escape(separator)} *)"', line) for line in lines):
                whole = lines if len(lines) < LINES else lines[:-1]
                list(csv.reader(whole, delimiter=_likeliest(lines), skipinitialspace=True, strict=True))
                return True
    except csv.Error as error:
        # The last cell of what was looked at may go on.
        return len(lines) >= LINES and "unexpected end" in str(error)
    return True


def _likeliest(lines: list[str]) -> str:
    return max(SEPARATORS, key=lambda sign: sum(line.count(sign) for line in lines))


def _numbered(lines: list[str], separator: str, quotes: Quotes) -> list[tuple[int, list[str]]]:
    spaces = separator == " "
    reader = csv.reader(
        [line.rstrip() for line in lines] if spaces else unwrapped(lines, quotes),
        delimiter=separator,
        skipinitialspace=True,
        **(quoting(quotes) | {"strict": False}),
    )
    rows, start = [], 0
    for row in reader:
        if row:
            rows.append((start, row))
        start = reader.line_num
    return rows


def _table(lines: list[str], separator: str, quotes: Quotes) -> list[list[str]]:
    return [row for _, row in _numbered(lines, separator, quotes)]


def _evenness(rows: list[list[str]], separator: str) -> tuple[float, int]:
    """The right separator makes most rows equally wide, and them wide; words with spaces are even by chance only."""
    widths = Counter(len(row) for row in rows)
    usual, count = max(widths.items(), key=lambda one: (one[1], one[0]), default=(0, 0))
    if usual < 2 or (separator == " " and len(rows[0]) != usual):
        return (0.0, usual)
    share = count / len(rows)
    return (share - (0.5 if separator == " " else 0.0), usual)
