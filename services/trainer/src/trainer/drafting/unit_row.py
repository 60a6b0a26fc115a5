"""A row of units below the header: m/s, kg, [°C]; it is left out, and its units go to their columns."""

import pandas as pd

from trainer.contract.csv_format import Csv
from trainer.drafting.gaps import MARKERS
from trainer.drafting.scan import TOTALS

FEWEST = 10
"""Rows below it."""
LONGEST = 15
"""Signs of a unit."""


def unit_row(text: pd.DataFrame, written: Csv) -> tuple[str, dict[str, str]] | None:
    """The row's first text, by which the contract leaves it out, and the unit by column; None where there is none.

    The first row is one of units where every column of numbers has a word there, or nothing.
    """
    rest = text.iloc[1:]
    first = {str(name): str(cell) for name, cell in text.iloc[0].items()}
    if len(rest) < FEWEST:
        return None
    numbers = [name for name in first if _numeric(rest[name])]
    gaps = MARKERS | set(written.missing)
    units = {name: first[name].strip("[]()") for name in numbers if first[name].lower() not in gaps}
    is_word = all(pd.isna(pd.to_numeric(one, errors="coerce")) and len(one) <= LONGEST for one in units.values())
    if not is_word or len(units) * 2 < max(len(numbers), 1) or any(cell.startswith('"') for cell in first.values()):
        return None
    others = [name for name in first if name not in numbers]
    if not units or any(first[name] and (rest[name] == first[name]).any() for name in others):
        return None
    word = next(filter(None, first.values()))
    starts = rest.replace("", pd.NA).bfill(axis=1).iloc[:, 0]
    if word.casefold() in TOTALS or bool(starts.eq(word).any()):
        return None
    return word, {name: unit for name, unit in units.items() if unit.strip("-")}


def _numeric(cells: "pd.Series[str]") -> bool:
    present = cells[cells != ""]
    return len(present) >= FEWEST and bool(pd.to_numeric(present, errors="coerce").notna().mean() > 0.9)
