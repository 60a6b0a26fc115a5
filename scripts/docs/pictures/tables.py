"""A table of a board as text: columns side by side, the widest shortened until all fit."""

import re
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from scripts.docs.pictures.sources import Sources
from scripts.docs.pictures.style import FAINT, INCHES_WIDE, INK

MOST_ROWS, LONGEST_CELL = 9, 46
CELL_POINTS = 6.3
LETTER_WIDTH = 0.58
"""A letter's width in the sans font, as a share of its size; on the wide side."""


def draw_table(axes: Axes, panel: dict[str, Any], sources: Sources) -> bool:
    axes.set_axis_off()
    target = panel["targets"][0]
    if "expr" in target:
        organised = next(one for one in panel["transformations"] if one["id"] == "organize")["options"]
        order = organised["indexByName"]
        shown = dict(sorted(organised["renameByName"].items(), key=lambda named: order.get(named[0], len(order))))
        table = [
            list(shown.values()),
            *([labels.get(key, "") for key in shown] for labels, _ in sources.values(target)),
        ]
    else:
        table = sources.rows(target)
    if len(table) < 2:
        return False
    inches = axes.get_position().width * INCHES_WIDE
    letters = int(inches * 72 / (CELL_POINTS * LETTER_WIDTH))
    table, widths = laid_out([[_cell(cell) for cell in row] for row in table[: MOST_ROWS + 1]], letters)
    at = np.concatenate([[0], np.cumsum(widths)[:-1]]) / max(letters, sum(widths))
    for number, row in enumerate(table):
        for left, cell in zip(at, row, strict=True):
            colour = FAINT if number == 0 else INK
            axes.text(
                left,
                0.97 - number / (MOST_ROWS + 1),
                cell,
                size=CELL_POINTS,
                color=colour,
                va="center",
                parse_math=False,
            )
    return True


def laid_out(table: list[list[str]], letters: int) -> tuple[list[list[str]], list[int]]:
    """The table with its widest columns shortened until all fit side by side, and the columns' widths in letters."""
    gap, least = 2, 4
    widths = [max(len(row[column]) for row in table) + gap for column in range(len(table[0]))]
    while sum(widths) > letters and max(widths) > least + gap:
        widths[widths.index(max(widths))] -= 1
    fitted = [
        [
            cell if len(cell) <= width - gap else cell[: width - gap - 1] + "…"
            for cell, width in zip(row, widths, strict=True)
        ]
        for row in table
    ]
    return fitted, widths


def _cell(text: str) -> str:
    """A moment as its time of day, and nothing too long."""
    moment = re.match(r"\d{4}-\d\d-\d\d (\d\d:\d\d:\d\d)", text)
    return moment[1] if moment else text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 1]}…"
