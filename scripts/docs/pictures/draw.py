"""One board as one sheet: each panel in its place on the grid, in the manner of its kind."""

import re
import textwrap
from collections.abc import Callable
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.docs.pictures.panel_kinds import draw_bars, draw_gauge, draw_heat, draw_lines, draw_number
from scripts.docs.pictures.sources import Sources
from scripts.docs.pictures.style import COLUMNS, FAINT, INCHES_WIDE, INK, ROW_INCHES, TITLE_INCHES
from scripts.docs.pictures.tables import draw_table

DRAWN = "a drawing from Prometheus, not a picture of Grafana"
LONGEST_DESCRIPTION = 90


def sheet(board: dict[str, Any], sources: Sources, features: list[str]) -> Figure:
    """The whole board; a panel that repeats is shown for the first features, side by side."""
    panels = [one for panel in board["panels"] for one in _repeated(panel, features)]
    height = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels)
    inches = height * ROW_INCHES + TITLE_INCHES
    figure = Figure(figsize=(INCHES_WIDE, inches), facecolor="white")
    figure.text(0.01, 1 - 0.25 / inches, board["title"], size=15, weight="bold", color=INK, va="center")
    figure.text(
        0.01 + 0.011 * len(board["title"]) + 0.01,
        1 - 0.25 / inches,
        textwrap.shorten(board["description"], LONGEST_DESCRIPTION, placeholder=" …"),
        size=9,
        color=FAINT,
        va="center",
    )
    figure.text(0.99, 1 - 0.25 / inches, DRAWN, size=9, style="italic", color=FAINT, va="center", ha="right")
    for panel in panels:
        place = panel["gridPos"]
        top = 1 - (TITLE_INCHES + place["y"] * ROW_INCHES) / inches
        if panel["type"] == "row":
            figure.text(
                0.01, top - 0.5 * ROW_INCHES / inches, panel["title"], size=9.5, weight="bold", color=FAINT, va="center"
            )
            continue
        left, width = place["x"] / COLUMNS, place["w"] / COLUMNS
        down = place["h"] * ROW_INCHES / inches
        figure.text(left + 0.01, top - 0.16 / inches, panel["title"], size=8, weight="bold", color=INK, va="center")
        # numbers and tables need no room for a scale
        scale = 0.01 if panel["type"] in ("stat", "table") else 0.044
        area = (left + scale, top - down + 0.36 / inches, width - scale - 0.012, down - 0.68 / inches)
        axes = figure.add_axes(area)
        _draw(axes, panel, sources)
    return figure


def _repeated(panel: dict[str, Any], features: list[str]) -> list[dict[str, Any]]:
    if "repeat" not in panel or not panel["repeat"]:
        return [panel]
    place, shown = panel["gridPos"], features[: panel.get("maxPerRow", 4)]
    width = place["w"] // max(1, len(shown))
    return [
        panel | {"title": name, "gridPos": place | {"x": number * width, "w": width}, "chosen": {"feature": name}}
        for number, name in enumerate(shown)
    ]


def _draw(axes: Axes, panel: dict[str, Any], sources: Sources) -> None:
    axes.tick_params(labelsize=6.5, colors=FAINT, length=0)
    axes.spines[:].set_visible(False)
    kinds: dict[str, Callable[[Axes, dict[str, Any], Sources], bool]] = {
        "stat": draw_number, "timeseries": draw_lines, "heatmap": draw_heat,
        "bargauge": draw_gauge, "barchart": draw_bars, "table": draw_table,
    }  # fmt: skip
    if "chosen" in panel:
        sources = Sources(sources.prometheus, sources.database, sources.minutes, panel["chosen"])
    if not kinds[panel["type"]](axes, panel, sources):
        axes.set_axis_off()
        quiet = re.search(r"Quiet [^.]*", panel["description"])
        axes.text(0.5, 0.5, quiet[0].lower() if quiet else "no data", ha="center", va="center", size=8, color=FAINT)
