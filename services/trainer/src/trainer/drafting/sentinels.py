"""Numbers that stand for "no value", such as -999 or 9999 far from all others of their column."""

import re
from typing import Any

import numpy as np
import pandas as pd

from trainer.contract.csv_format import Csv
from trainer.drafting.gaps import missing_in
from trainer.drafting.numbers_seen import numbers_seen

SENTINEL = re.compile(r"-?9{2,}(\.0+)?|-?8{3,}(\.0+)?|-?7{3,}(\.0+)?")
FEWEST, ENOUGH = 3, 20
"""Rows that have the number, and other rows that show how far from them it is."""
APART = 1.0
"""How far it lies from the nearest other value, as a share of the range of all others."""


def sentinels(text: pd.DataFrame, written: Csv, target: str) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Columns by the text that means "no value" in them: of the whole file, and of these columns alone.

    `csv.missing` is of the whole file: a text that another column has as a value of its own can't be put there.
    """
    found: dict[str, list[str]] = {}
    uses: dict[str, list[str]] = {}
    for name in text:
        marks = [cell for cell in np.asarray(text[name].unique(), dtype=object) if SENTINEL.fullmatch(cell)]
        for mark in marks:
            uses.setdefault(mark, []).append(str(name))
        if marks and name != target:
            for mark in _far_away(text[name][~missing_in(text[name], written)], marks, written.decimal):
                found.setdefault(mark, []).append(str(name))
    everywhere = {mark: names for mark, names in found.items() if set(names) == set(uses[mark])}
    return everywhere, {mark: names for mark, names in found.items() if mark not in everywhere}


def _far_away(present: "pd.Series[Any]", marks: list[str], decimal: str) -> list[str]:
    """Those of `marks` that lie far from the column's other numbers, in more than a few rows."""
    seen = numbers_seen(present, decimal)
    if seen is None or seen.form != "plain":
        return []
    others = np.asarray(seen.values[~present.isin(marks)].dropna(), dtype=np.float64)
    if len(others) < ENOUGH or len(np.unique(others)) < FEWEST:
        return []
    low, high = float(others.min()), float(others.max())
    far = []
    for mark in marks:
        number, rows = float(mark), int((present == mark).sum())
        apart = max(low - number, number - high)
        # A count or an amount that is never below zero has no other reason to be -999.
        strange = number < 0 <= low
        if rows >= FEWEST and apart > 0 and (apart > APART * (high - low) or (strange and number <= -99)):
            far.append(mark)
    return far
