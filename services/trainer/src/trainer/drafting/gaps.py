"""Finds the marks of missing values in a file, and whether its commas are decimal signs."""

import re
from typing import Any

import numpy as np
import pandas as pd

from trainer.contract.csv_format import Csv
from trainer.drafting.numbers_seen import ENDLESS, numbers_seen

MARKERS = {
    "?",
    "-",
    "--",
    "---",
    ".",
    "..",
    "n.a.",
    "#n/a",
    "#n/a n/a",
    "#na",
    "#div/0!",
    "#value!",
    "#ref!",
    "#name?",
    "#num!",
    "#null!",
}
MARKERS |= {"\\n", "<na>", "<null>", "(null)", "-nan", "nat", "missing value", "1.#qnan", "1.#ind", "-1.#ind"}
"""Signs that stand for "no value" when they are all of a cell, beside those that every contract knows."""
COMMA = re.compile(r"^\(?[+-]?\s?(?:\d{1,3}(?:[. \u00a0\u202f'’]\d{3})+|\d+),\d+\)?(?:\s?[€%])?$")
POINT = re.compile(r"^[+-]?\d+(,\d{3})*\.\d+$")
POINTED_GROUPS = re.compile(r"^[^\d.,]*[1-9]\d{0,2}(?P<groups>(?:\.\d{3})+)(?:,\d+)?[^\d.,]*$")
"""1.211 or 1.211.684: the points of the second one can't be decimal signs."""
GROUPED = re.compile(r"^[+-]?[1-9]\d{0,2}(,\d{3})+$")


def decimal_of(text: pd.DataFrame, written: Csv) -> dict[str, Any]:
    """Where commas do not separate cells they are decimal signs, unless the file has points and groups of three.

    So they are where points separate groups, and no cell has decimals.
    """
    if written.separator == ",":
        return {}
    texts = {cell for name in text for cell in text[name].unique()}
    cells = {cell for cell in texts if COMMA.match(cell) or POINT.match(cell)}
    groups = {cell: found["groups"].count(".") for cell in texts if (found := POINTED_GROUPS.match(cell))}
    if max(groups.values(), default=0) > 1 and all(cell in groups for cell in cells if POINT.match(cell)):
        return {"decimal": ","}
    commas = [cell for cell in cells if COMMA.match(cell)]
    grouped = all(GROUPED.match(cell) for cell in commas) and len(commas) < len(cells)
    return {"decimal": ","} if commas and not grouped else {}


def marked(written: Csv, text: pd.DataFrame) -> Csv:
    """With the signs for "no value" that the file uses."""
    found: set[str] = set()
    for name in text:
        cells = set(np.asarray(text[name].unique(), dtype=object))
        if "+" not in cells:
            found |= {cell.lower() for cell in cells if cell.lower() in MARKERS or ENDLESS.match(cell)}
    return written.model_copy(update={"missing": (*written.missing, *sorted(found - set(written.missing)))})


def missing_in(cells: "pd.Series[Any]", written: Csv, *, target: bool = False) -> "pd.Series[bool]":
    """Which cells say nothing. In a column of words "none" is a word, and "NA" among codes of two letters."""
    missing = cells.str.lower().isin([marker.lower() for marker in written.missing])
    others = pd.Series(cells[~missing].unique(), dtype=str)
    if len(others) and not target and numbers_seen(others, written.decimal) is not None:
        return missing
    if len(others) == 0:
        return (
            missing if not (target or cells.str.lower().eq("none").any()) else missing & ~cells.str.lower().eq("none")
        )
    word = cells.str.lower().eq("none")
    if others.str.fullmatch("[A-Z]{2}").all() and len(others) > 2:
        word |= cells.eq("NA")
    if target and numbers_seen(others, written.decimal) is not None:
        return missing
    return missing & ~word
