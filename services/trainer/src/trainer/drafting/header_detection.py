"""Detects a file without a header line: its first row is a row like the others."""

from collections.abc import Sequence

FEWEST = 10
"""Rows below the first one; fewer show nothing."""
NUMERIC = 0.9
"""Share of a column's cells that are numbers."""
YEARS = range(1000, 2200)


def headless(table: Sequence[Sequence[str]]) -> bool:
    """`table` is the first row and those below it.

    A header over numbers is a word. Years and 1, 2, 3 are names too, so numbers alone do not decide: a word of the
    first row must be one that its column repeats, or a number must have digits behind the point or stand twice.
    """
    first, below = table[0], [row for row in table[1:] if len(row) == len(table[0])]
    if len(below) < FEWEST or not all(cell.strip() for cell in first):
        return False
    columns = list(zip(*below, strict=True))
    numeric = [place for place, cells in enumerate(columns) if _share_of_numbers(cells) >= NUMERIC]
    if not numeric or not all(_number(first[place]) is not None for place in numeric):
        return False
    words = [
        place for place in range(len(first)) if place not in numeric and len(set(columns[place])) <= len(below) / 2
    ]
    if words:
        return all(first[place] in columns[place] for place in words)
    return any("." in first[place] for place in numeric) or _repeated([first[place] for place in numeric])


def _repeated(cells: Sequence[str]) -> bool:
    """Whether numbers stand twice, as the names of columns do not."""
    years = all(cell.strip().isdecimal() and int(cell) in YEARS for cell in cells)
    return len(set(cells)) < len(cells) and not years


def _share_of_numbers(cells: Sequence[str]) -> float:
    present = [cell for cell in cells if cell.strip()]
    return sum(_number(cell) is not None for cell in present) / len(present) if present else 0.0


def _number(cell: str) -> float | None:
    text = cell.strip()
    # Python reads 1_000 and infinity, which no table writes.
    if not text or not set(text) <= set("0123456789.,+-eE"):
        return None
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None
