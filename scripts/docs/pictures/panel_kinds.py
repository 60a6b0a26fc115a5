"""The kinds of panel with a scale, each drawn into its axes; each returns whether there was anything to draw."""

import re
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from scripts.docs.pictures.sources import STEP_SECONDS, Sources
from scripts.docs.pictures.style import COLOURS, FAINT, GRID, INK, LEVELS
from scripts.docs.pictures.units import written

MOST_LINES = 6


def draw_number(axes: Axes, panel: dict[str, Any], sources: Sources) -> bool:
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


def draw_lines(axes: Axes, panel: dict[str, Any], sources: Sources) -> bool:
    series = {name: points for target in panel["targets"] for name, points in sources.lines(target).items()}
    worst = sorted(series, key=lambda name: -max((v for _, v in series[name] if v == v), default=0.0))[:MOST_LINES]
    for name, colour in zip([name for name in series if name in worst], COLOURS, strict=False):
        at, values = zip(*series[name], strict=True)
        if panel["fieldConfig"]["defaults"].get("custom", {}).get("drawStyle") == "bars":
            axes.bar(np.array(at) / 60, values, STEP_SECONDS / 60, color=colour, alpha=0.7, label=name)
        else:
            axes.plot(np.array(at) / 60, values, color=colour, linewidth=1.1, label=name)
    if not worst:
        return False
    # a ratio to none is infinite
    top = max((value for name in worst for _, value in series[name] if np.isfinite(value)), default=0.0)
    for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"][1:]:
        if step["value"] <= max(top * 1.6, 1e-9):
            axes.axhline(step["value"], color=LEVELS[step["color"]], linewidth=0.8, linestyle=(0, (4, 3)))
    # Room for the legend above the lines.
    axes.set_ylim(0, (top or 1) * (1.1 + 0.14 * ((len(worst) + 1) // 2)))
    axes.set_xlim(-sources.minutes, 0)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    _scaled(axes, panel)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda minutes, _: f"{minutes:.0f} min" if minutes else "now"))
    _legend(axes)
    return True


def draw_heat(axes: Axes, panel: dict[str, Any], sources: Sources) -> bool:
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


def draw_gauge(axes: Axes, panel: dict[str, Any], sources: Sources) -> bool:
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


def draw_bars(axes: Axes, panel: dict[str, Any], sources: Sources) -> bool:
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


def _bin_order(name: str) -> tuple[float, str]:
    low = re.match(r"[(\[](-?inf|-?[\d.e+-]+),", name)
    return (float(low[1]) if low else 0.0, name)
