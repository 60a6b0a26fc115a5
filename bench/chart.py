"""The comparison as a picture: bars from zero, so that a length is a speed, and letters that a phone shows."""

from pathlib import Path

import matplotlib as mpl

mpl.use("agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from bench.ask import Workload
from bench.peers.all import MODELS, peers
from bench.results import Key, Results

OURS, THEIRS, FLOOR = "#1f6f8b", "#b8b8b8", "#e6e6e6"
WIDTH, TEXT = 4.9, 10.0
"""Inches, and points: on a phone of 390 pixels a letter is as high as one of 10 points in the text around it."""
TITLES: dict[Workload, str] = {"one": "one row per request, requests/s", "thousand": "1,000 rows per request, rows/s"}


def draw(results: Results, picture: Path) -> None:
    """Write `picture`, an SVG that the same figures give byte for byte; a peer without a figure has no bar."""
    panels = [(workload, title, model, name) for workload, title in TITLES.items() for model, name in MODELS.items()]
    figure, axes = plt.subplots(len(panels), 1, figsize=(WIDTH, 3.3 * len(panels)), squeeze=False)
    for place, (workload, title, model, name) in enumerate(panels):
        panel(axes[place][0], results, model, workload)
        # The title reaches over the names of the servers, too: above the bars alone it would not fit on a phone.
        axes[place][0].set_title(f"{name[0].upper()}{name[1:]},\n{title}", loc="right", fontsize=TEXT, weight="bold")
    figure.tight_layout()
    picture.parent.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context({"svg.hashsalt": picture.name, "svg.fonttype": "none"}):
        figure.savefig(picture, metadata={"Date": None})
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
        axes.text(value + longest / 80, place, f"{value:,.0f}", va="center", fontsize=TEXT)
    axes.set_yticks(range(len(bars)), [title for title, _, _ in reversed(bars)], fontsize=TEXT)
    axes.set_xlim(0, longest * 1.45)
    axes.set_xticks([])
    axes.spines[["top", "right", "bottom"]].set_visible(False)
