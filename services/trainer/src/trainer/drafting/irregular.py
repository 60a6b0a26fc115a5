"""The irregularities of a file's rows, and the keys of `csv:` that deal with them."""

import re
from typing import Any, NamedTuple

from trainer.contract.csv_format import Csv
from trainer.drafting.scan import Scan
from trainer.drafting.unit_row import unit_row

QUOTES = {
    "none": "a quote that is not closed: quotes are read as signs like any other",
    "single": "cells are enclosed by ' in place of \"",
    "backslash": "a backslash stands before signs that belong to a cell",
    "lines": "each line is in quotes as a whole",
}


class Irregular(NamedTuple):
    """The keys and units that a file needs beyond plain CSV."""

    problems: list[str]
    changes: dict[str, Any]
    """Keys of `csv:`."""
    units: dict[str, str]
    """By column, from a row of units."""


def irregular(seen: Scan, written: Csv) -> Irregular:
    """A row of units is taken out of `seen`."""
    problems: list[str] = []
    changes: dict[str, Any] = {}
    units: dict[str, str] = {}
    if seen.ragged_rows:
        problems.append(_ragged(seen))
        changes["ragged"] = "skip"
    if seen.totals:
        problems.append(f"a row of totals ({', '.join(seen.totals)}): left out (csv.leave_out)")
        changes["leave_out"] = tuple(seen.totals)
    if row := unit_row(seen.text, written):
        word, units = row
        problems.append(f"a row of units below the header ({word} …): left out (csv.leave_out), the units are kept")
        changes["leave_out"] = (*changes.get("leave_out", ()), word)
        seen.text, seen.rows = seen.text.iloc[1:], seen.rows - 1
    if seen.headers:
        times = "once" if seen.headers == 1 else f"{seen.headers} times"
        problems.append(f"the header stands {times} more among the rows: left out, and counted")
    return Irregular([*problems, *_format(seen, written), *_names(seen)], changes, units)


def _ragged(seen: Scan) -> str:
    line, row = seen.ragged[0]
    width = len(seen.text.columns)
    some = "a row has" if seen.ragged_rows == 1 else f"{seen.ragged_rows} rows have"
    return (
        f"{some} more or fewer than {width} cells, first on line {line} ({len(row)} cells): left out (csv.ragged: skip)"
    )


def _format(seen: Scan, written: Csv) -> list[str]:
    problems = []
    if not written.encoding.startswith("utf") and (text := _not_ascii(seen)):
        problems.append(
            f"the file is not UTF-8 and was read as {written.encoding}, e.g. {text[:20]!r}: where letters are wrong, "
            "name the encoding (csv.encoding: cp1250, cp1251, cp850, gbk, shift_jis …)"
        )
    if written.skip:
        lines = "a line" if written.skip == 1 else f"{written.skip} lines"
        problems.append(f"{lines} before the header: passed over (csv.skip)")
    if written.quotes in QUOTES:
        problems.append(f"{QUOTES[written.quotes]} (csv.quotes: {written.quotes})")
    if written.header == "none":
        names = list(seen.text.columns)
        problems.append(
            f"no header line: the columns are called {names[0]} to {names[-1]} (csv.header: none). For names of your "
            "own write them as the first line of the file, and draft again"
        )
    return problems


def _not_ascii(seen: Scan) -> str:
    """The first name or text with a letter that encodings differ in."""
    texts = (cell for name in seen.text for cell in (str(name), *seen.text[name].unique()[:1000]))
    return next((text for text in texts if not text.isascii()), "")


def _names(seen: Scan) -> list[str]:
    problems = []
    for name in seen.text.columns:
        if re.fullmatch(r"column_\d+", name):
            problems.append(f"a column without a name, called {name!r} here")
        first, _, count = name.rpartition(".")
        if count.isdecimal() and first in seen.text.columns and name not in seen.header:
            problems.append(f"two columns are called {first!r}; the second is called {name!r} here")
    return problems
