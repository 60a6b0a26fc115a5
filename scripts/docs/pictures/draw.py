"""One board as one sheet: each panel in its place on the grid, in the manner of its kind."""

import re
import textwrap
from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from scripts.docs.pictures.sources import Sources
from scripts.docs.pictures.units import written

COLUMNS, INCHES_WIDE, ROW_INCHES, TITLE_INCHES = 24, 13.0, 0.27, 0.5
INK, FAINT, GRID = "#1f2430", "#7a8190", "#e6e8ee"
COLOURS = ("#3274d9", "#e0752d", "#2f9e5f", "#8f3bb8", "#c4162a", "#00838f", "#b8860b", "#6b7280")
LEVELS = {"green": "#2f9e5f", "yellow": "#d3a017", "orange": "#e0752d", "red": "#c4162a"}
MOST_LINES, MOST_ROWS = 6, 9
DRAWN = "a drawing from Prometheus, not a picture of Grafana"
LONGEST_DESCRIPTION = 90
CELL_POINTS = 6.3
LETTER_WIDTH = 0.58
"""Of a letter of the sans font, as a share of its size; on the wide side."""


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
        axes = figure.add_axes((left + 0.034, top - down + 0.36 / inches, width - 0.046, down - 0.68 / inches))
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
        "stat": _number, "timeseries": _lines, "heatmap": _heat, "bargauge": _gauge, "barchart": _bars, "table": _table,
    }  # fmt: skip
    if "chosen" in panel:
        sources = Sources(sources.prometheus, sources.database, sources.minutes, panel["chosen"])
    if not kinds[panel["type"]](axes, panel, sources):
        axes.set_axis_off()
        quiet = re.search(r"Quiet [^.]*", panel["description"])
        axes.text(0.5, 0.5, quiet[0].lower() if quiet else "no data", ha="center", va="center", size=8, color=FAINT)


def _number(axes: Axes, panel: dict[str, Any], sources: Sources) -> bool:
    axes.set_axis_off()
    found = sources.named(panel["targets"][0])
    steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    mode = panel["options"].get("textMode")
    words = {float(value): word["text"] for one in _mappings(panel) for value, word in one["options"].items()}
    for place, (name, value) in enumerate(found.items()):
        at = (place + 0.5) / len(found)
        colour = _level(value, steps) if len(steps) > 1 else INK
        shown = name if mode == "name" else words.get(value) or written(value, _unit(panel))
        size = 13 if mode != "name" else 10
        axes.text(at, 0.55, shown, ha="center", va="center", size=size, color=colour)
        if mode == "value_and_name":
            axes.text(at, 0.0, name, ha="center", va="center", size=7, color=FAINT)
    return bool(found)


def _lines(axes: Axes, panel: dict[str, Any], sources: Sources) -> bool:
    series = {name: points for target in panel["targets"] for name, points in sources.lines(target).items()}
    worst = sorted(series, key=lambda name: -max((v for _, v in series[name] if v == v), default=0.0))[:MOST_LINES]
    for name, colour in zip([name for name in series if name in worst], COLOURS, strict=False):
        at, values = zip(*series[name], strict=True)
        axes.plot(np.array(at) / 60, values, color=colour, linewidth=1.1, label=name)
    if not worst:
        return False
    top = max((value for name in worst for _, value in series[name] if value == value), default=0.0)
    for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"][1:]:
        if step["value"] <= max(top * 1.6, 1e-9):
            axes.axhline(step["value"], color=LEVELS[step["color"]], linewidth=0.8, linestyle=(0, (4, 3)))
    # Room for the legend above the lines.
    axes.set_ylim(0, (top or 1) * (1.1 + 0.14 * ((len(worst) + 1) // 2)))
    axes.set_xlim(-sources.minutes, 0)
    _scaled(axes, panel)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda minutes, _: f"{minutes:.0f} min" if minutes else "now"))
    _legend(axes)
    return True


def _heat(axes: Axes, panel: dict[str, Any], sources: Sources) -> bool:
    found = sources.lines(panel["targets"][0])
    bounds = sorted(found, key=float)
    moments = sorted({round(at) for points in found.values() for at, _ in points})
    if not moments:
        return False
    cumulative = np.zeros((len(bounds), len(moments)))
    for row, bound in enumerate(bounds):
        known = {round(at): value for at, value in found[bound]}
        cumulative[row] = [known.get(moment, 0.0) for moment in moments]
    counts = np.diff(np.nan_to_num(cumulative), axis=0, prepend=0).clip(0)
    axes.imshow(
        np.sqrt(counts), aspect="auto", origin="lower", cmap="Blues", extent=(moments[0] / 60, 0, 0, len(bounds))
    )
    axes.set_yticks(range(1, len(bounds) + 1, 2), [written(float(bound), "s") for bound in bounds[::2]])
    axes.xaxis.set_major_formatter(FuncFormatter(lambda minutes, _: f"{minutes:.0f} min" if minutes else "now"))
    return True


def _gauge(axes: Axes, panel: dict[str, Any], sources: Sources) -> bool:
    found = sorted(sources.named(panel["targets"][0]).items(), key=lambda one: one[1])
    field = panel["fieldConfig"]["defaults"]
    colours = [_level(value, field["thresholds"]["steps"]) for _, value in found]
    axes.barh(range(len(found)), [value for _, value in found], color=colours, height=0.4)
    for place, (name, value) in enumerate(found):
        axes.text(0, place + 0.38, f"{name}   {written(value, field['unit'])}", va="center", size=7.5, color=INK)
    axes.set_yticks([])
    axes.set_ylim(-0.5, len(found) - 0.2)
    axes.set_xlim(0, max([field.get("max", 0), *(value * 1.15 for _, value in found)]))
    return bool(found)


def _bars(axes: Axes, panel: dict[str, Any], sources: Sources) -> bool:
    over = panel["options"]["xField"]
    organised = next(one for one in panel["transformations"] if one["id"] == "organize")["options"]["renameByName"]
    names = [name for key, name in organised.items() if key != over]
    found = [{labels[over]: value for labels, value in sources.values(target)} for target in panel["targets"]]
    ticks = sorted({tick for series in found for tick in series}, key=_bin_order)
    width = 0.8 / max(1, len(found))
    for number, (name, series) in enumerate(zip(names, found, strict=True)):
        at = np.arange(len(ticks)) + (number - (len(found) - 1) / 2) * width
        axes.bar(at, [series.get(tick, 0.0) for tick in ticks], width, color=COLOURS[number], label=name)
    axes.set_xticks(range(len(ticks)), ticks, rotation=25, ha="right", size=6)
    axes.set_ylim(0, axes.get_ylim()[1] * 1.15)
    _legend(axes)
    _scaled(axes, panel)
    return any(found)


def _table(axes: Axes, panel: dict[str, Any], sources: Sources) -> bool:
    axes.set_axis_off()
    target = panel["targets"][0]
    if "expr" in target:
        shown = next(one for one in panel["transformations"] if one["id"] == "organize")["options"]["renameByName"]
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


def _legend(axes: Axes) -> None:
    if axes.get_legend_handles_labels()[1]:
        axes.legend(loc="upper left", fontsize=6.2, frameon=False, labelcolor=INK, ncols=2, handlelength=1)


def _scaled(axes: Axes, panel: dict[str, Any]) -> None:
    axes.grid(axis="y", color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: written(float(value), _unit(panel))))


def _mappings(panel: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = panel["fieldConfig"]["defaults"].get("mappings") or []
    return found


def _unit(panel: dict[str, Any]) -> str:
    unit: str = panel["fieldConfig"]["defaults"]["unit"]
    return unit


def _level(value: float, steps: list[dict[str, Any]]) -> str:
    reached = [step["color"] for step in steps if step["value"] is None or value >= step["value"]]
    return LEVELS[reached[-1]]


def _cell(text: str) -> str:
    """A moment as its time of day, and nothing too long."""
    moment = re.match(r"\d{4}-\d\d-\d\d (\d\d:\d\d:\d\d)", text)
    return moment[1] if moment else textwrap.shorten(text, 46, placeholder=" …")


def _bin_order(name: str) -> tuple[float, str]:
    low = re.match(r"[(\[](-?inf|-?[\d.e+-]+),", name)
    return (float(low[1]) if low else 0.0, name)
