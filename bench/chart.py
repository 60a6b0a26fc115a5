"""The comparison as a picture: bars from zero, so that a length is a speed."""

from pathlib import Path

import matplotlib as mpl

mpl.use("agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from bench.ask import Workload
from bench.peers.all import MODELS, peers
from bench.results import Key, Results

OURS, THEIRS, FLOOR = "#1f6f8b", "#b8b8b8", "#e6e6e6"
TITLES: dict[Workload, str] = {"one": "one row per request: requests/s", "thousand": "1,000 rows per request: rows/s"}


def draw(results: Results, picture: Path) -> None:
    """Write `picture`, SVG or PNG by its name; a peer without a figure has no bar."""
    figure, axes = plt.subplots(len(TITLES), len(MODELS), figsize=(11, 6), squeeze=False)
    for row, (workload, title) in enumerate(TITLES.items()):
        for column, (model, name) in enumerate(MODELS.items()):
            panel(axes[row][column], results, model, workload)
            axes[row][column].set_title(f"{name}\n{title}", loc="left", fontsize=10)
    figure.tight_layout()
    picture.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(picture, dpi=150)
    plt.close(figure)


def panel(axes: Axes, results: Results, model: str, workload: Workload) -> None:
    bars = []
    for peer in peers():
        key = Key(model, workload, peer.name)
        if results.reason(key) is None:
            colour = {"ours": OURS, "empty": FLOOR, "empty-gunicorn": FLOOR}.get(peer.name, THEIRS)
            bars.append((peer.title, results.median(key, lambda sample: sample.rows_per_second), colour))
    longest = max((value for _, value, _ in bars), default=1.0)
    for place, (_, value, colour) in enumerate(reversed(bars)):
        axes.barh(place, value, color=colour, height=0.7)
        axes.text(value + longest / 80, place, f"{value:,.0f}", va="center", fontsize=8)
    axes.set_yticks(range(len(bars)), [title for title, _, _ in reversed(bars)], fontsize=8)
    axes.set_xlim(0, longest * 1.15)
    axes.set_xticks([])
    axes.spines[["top", "right", "bottom"]].set_visible(False)
