"""One pass over a file: its rows counted, what is wrong with them, and cells enough to see what its columns are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from operator import itemgetter

import pandas as pd

from trainer.contract.csv_format import Csv
from trainer.contract.reading import Row, names, rows, tidy
from trainer.errors import EmptyDataError

SAMPLE_BYTES = 6 << 20
"""The size of the sample; of a larger file, every n-th block of rows is read in detail."""
BLOCK = 5_000
DEEPEST_HEADER = 6
"""Rows at the beginning that may be the header."""
MOST_DISTINCT = 1_000
TOTALS = {"total", "totals", "grand total", "sum", "summe", "gesamt", "average", "mean", "total:", "sum:"}


@dataclass
class Scan:
    """`text` is the cells of the sample; everything else is of the whole file."""

    text: pd.DataFrame
    header: tuple[str, ...] = ()
    """As the file has it."""
    rows: int = 0
    whole: bool = True
    """Whether the sample is the file."""
    ragged: list[Row] = field(default_factory=list)
    ragged_rows: int = 0
    headers: int = 0
    """How often the header stands among the rows again."""
    totals: list[str] = field(default_factory=list)
    distinct: dict[str, set[str] | None] = field(default_factory=dict)
    """The different texts of a column; None where they are more than MOST_DISTINCT."""


def scan(content: bytes, source: str, written: Csv) -> Scan:
    """Raises EmptyDataError where no row is as wide as the header, DataError where the file cannot be read."""
    found = rows(content, source, written)
    _, head = next(found)
    header = names(head)
    every = max(1, len(content) // SAMPLE_BYTES)
    seen = Scan(pd.DataFrame(), tuple(head), distinct={name: set() for name in header}, whole=every == 1)
    sample: list[list[str]] = []
    for number, block in enumerate(_blocks(_even(found, head, seen))):
        seen.rows += len(block)
        if number % every == 0:
            sample += block
        for place, name in enumerate(header):
            texts = seen.distinct[name]
            if texts is not None:
                texts.update(map(itemgetter(place), block))
                if len(texts) > MOST_DISTINCT:
                    seen.distinct[name] = None
    if not sample:
        raise EmptyDataError(f"{source} has a header and no row with as many cells")
    columns = dict(zip(header, zip(*sample, strict=True), strict=True))
    seen.text = pd.DataFrame({name: [cell.strip() for cell in cells] for name, cells in columns.items()}, dtype=str)
    return seen


def _even(found: Iterator[Row], head: Sequence[str], seen: Scan) -> Iterator[list[str]]:
    for line, row in found:
        word = next(filter(None, map(str.strip, row)), "")
        if word.casefold() in TOTALS:
            if word not in seen.totals:
                seen.totals.append(word)
        elif row == head:
            seen.headers += 1
        elif len(row) == len(head):
            yield row
        else:
            seen.ragged_rows += 1
            if len(seen.ragged) < 3:
                seen.ragged.append((line, row))


def _blocks(even: Iterator[list[str]]) -> Iterator[list[list[str]]]:
    while block := list(islice(even, BLOCK)):
        yield block


def below(content: bytes, source: str, written: Csv, target: str) -> int:
    """The lines before a second header that names the target, where the first one does not; 0 where there is none."""
    if written.header == "none":
        return 0
    for line, row in islice(rows(content, source, written), 1, DEEPEST_HEADER):
        if target in map(tidy, row):
            return line - 1
    return 0
