"""The whole story as one picture: accuracy, PSI and who answered, over the same minutes, with the steps marked."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from scripts.loop_demo.readings import Line

INK, FAINT, GRID = "#1f2430", "#7a8190", "#e6e8ee"
COLOURS = ("#e0752d", "#3274d9", "#2f9e5f", "#8f3bb8")
RED = "#c4162a"
DOTS_PER_INCH = 110


@dataclass(frozen=True)
class Recording:
    """Everything the picture shows. Lines by version; marks as (seconds since 1970, a word or two), in their order."""

    accuracy: Line
    psi_features: dict[str, Line]
    psi_classes: dict[str, Line]
    answers: dict[str, Line]
    """Rows a second."""
    firing: Line
    """While a PSI alert fires."""
    moves: list[tuple[float, str]]
    """The moves of the versions, as the store has them: (seconds since 1970, "canary 20 %")."""
    marks: list[tuple[float, str]]
    start: float
    end: float
    thresholds: dict[str, Line]
    """The limits of the features' PSI; above its limit, the alert is on its way."""
    missing: str = ""
    """The step that did not come; empty when the loop closed."""


def title(recording: Recording) -> tuple[str, str]:
    """The picture's title and its colour: whether the loop closed, and what did not happen."""
    if recording.missing:
        return f"The learning loop did not close: “{recording.missing}” did not happen", RED
    return "The learning loop, closed by itself", INK


def draw(recording: Recording, file: Path) -> None:
    """Write the picture as a PNG."""
    figure = Figure(figsize=(12, 8.2), facecolor="white")
    grid = figure.add_gridspec(
        3, 1, height_ratios=(3, 3, 2), left=0.075, right=0.93, bottom=0.065, top=0.80, hspace=0.14
    )
    panels = [figure.add_subplot(grid[place]) for place in range(3)]
    versions = sorted({*recording.answers, *recording.psi_features}, key=lambda one: (len(one), one))
    colours = dict(zip(versions, COLOURS * len(versions), strict=False))
    _accuracy(panels[0], recording)
    _psi(panels[1], recording, colours)
    _answers(panels[2], recording, colours)
    for axes in panels:
        _dress(axes, recording)
    for axes in panels[:-1]:
        axes.tick_params(labelbottom=False)
    panels[-1].set_xlabel("minutes", color=FAINT, size=9)
    _marks(figure, panels, recording)
    text, colour = title(recording)
    figure.text(0.02, 0.965, text, size=12 if recording.missing else 16, weight="bold", color=colour)
    took = (recording.end - recording.start) / 60
    figure.text(
        0.02,
        0.94,
        f"{took:.1f} minutes on the container stack; read from Prometheus and the store",
        size=9.5,
        color=FAINT,
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    FigureCanvasAgg(figure).figure.savefig(file, dpi=DOTS_PER_INCH)


def _accuracy(axes: Axes, recording: Recording) -> None:
    at, values = _minutes(recording.accuracy, recording.start)
    axes.plot(at, values, color=INK, linewidth=2)
    axes.fill_between(at, values, color=INK, alpha=0.06)
    axes.set_ylim(0, 1.05)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    _title(axes, "live accuracy, by feedback of the last 30 s", height=0.12)


def _psi(axes: Axes, recording: Recording, colours: dict[str, str]) -> None:
    for version, line in recording.psi_features.items():
        axes.plot(
            *_minutes(line, recording.start),
            color=colours[version],
            linewidth=2,
            label=f"version {version}, worst feature",
        )
    for version, line in recording.psi_classes.items():
        at, values = _minutes(line, recording.start)
        name = f"version {version}, answered classes"
        axes.plot(at, values, color=colours.get(version, INK), linewidth=1.4, linestyle=":", label=name)
    for line in recording.thresholds.values():
        axes.plot(*_minutes(line, recording.start), color=RED, linewidth=1, linestyle=(0, (4, 3)))
    axes.set_ylim(bottom=0)
    at, _ = _minutes(recording.firing, recording.start)
    if at:
        axes.axvspan(at[0], at[-1], color=RED, alpha=0.09, linewidth=0)
        middle = (at[0] + at[-1]) / 2
        axes.text(
            middle, 0.04, "a PSI alert fires", transform=axes.get_xaxis_transform(), color=RED, size=9, ha="center"
        )
    if last := max((line[-1] for line in recording.thresholds.values() if line), default=None):
        axes.annotate(
            f"alert above {last[1]:.2f}", ((last[0] - recording.start) / 60, last[1]),
            xytext=(-4, 3), textcoords="offset points", ha="right", va="bottom", color=RED, size=8.5,
        )  # fmt: skip
    _title(axes, "PSI of who is production")
    if axes.get_legend_handles_labels()[1]:
        axes.legend(
            loc="upper left", bbox_to_anchor=(0, 0.87), fontsize=8.5, frameon=True, framealpha=0.9, edgecolor=GRID
        )


def _answers(axes: Axes, recording: Recording, colours: dict[str, str]) -> None:
    moments = sorted({at for line in recording.answers.values() for at, _ in line})
    if moments:
        known = {version: dict(line) for version, line in recording.answers.items()}
        table = np.array([[known[version].get(at, 0.0) for at in moments] for version in known])
        shares = table / np.maximum(table.sum(axis=0), 1e-9)
        names, paint = [f"version {version}" for version in known], [colours[version] for version in known]
        axes.stackplot([(at - recording.start) / 60 for at in moments], shares, labels=names, colors=paint, alpha=0.75)
        axes.legend(loc="center left", fontsize=8.5, frameon=True, framealpha=0.9, edgecolor=GRID)
    for moment, word in recording.moves:
        minute = (moment - recording.start) / 60
        axes.axvline(minute, color="white", linewidth=1.2)
        axes.annotate(
            word,
            (minute, 0.06),
            xycoords=("data", "axes fraction"),
            xytext=(3, 0),
            textcoords="offset points",
            rotation=90,
            size=8.5,
            color="white",
            weight="bold",
            va="bottom",
        )
    axes.set_ylim(0, 1)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    _title(axes, "who answered")


def _marks(figure: Figure, panels: list[Axes], recording: Recording) -> None:
    """A line through every panel and, above them, the step's word, leaning so that near ones do not meet."""
    least, beside = 0.03 * (recording.end - recording.start) / 60, -1.0
    for at, word in recording.marks:
        minute = (at - recording.start) / 60
        for axes in panels:
            axes.axvline(minute, color=FAINT, linewidth=0.8, alpha=0.7)
        beside = max(minute, beside + least)
        panels[0].annotate(
            word, (minute, 1), xycoords=("data", "axes fraction"), xytext=(beside, 1.06), size=9, color=INK,
            textcoords=("data", "axes fraction"), rotation=32, ha="left", va="bottom", annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": FAINT, "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0},
        )  # fmt: skip


def _dress(axes: Axes, recording: Recording) -> None:
    axes.set_xlim(0, max((recording.end - recording.start) / 60, 0.1))
    axes.grid(visible=True, axis="y", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=FAINT, labelsize=9, length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(GRID)


def _title(axes: Axes, text: str, *, height: float = 0.95) -> None:
    box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 2}
    axes.text(0.008, height, text, transform=axes.transAxes, size=9.5, weight="bold", color=INK, va="top", bbox=box)


def _minutes(line: Line, start: float) -> tuple[list[float], list[float]]:
    return [(at - start) / 60 for at, _ in line], [value for _, value in line]
