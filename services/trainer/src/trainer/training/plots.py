"""Pictures for the experiment tracker. The same numbers give the same bytes."""

import io

import numpy as np
import numpy.typing as npt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

MOST_NAMED = 40
"""Classes that a picture names, with a count in each cell: 500 classes would take minutes and gigabytes."""


def confusion_png(matrix: list[list[int]], classes: tuple[str, ...], title: str) -> bytes:
    """A PNG; rows are the true class, columns the predicted one. More than `MOST_NAMED` classes are colours alone."""
    counts = np.array(matrix)
    if len(classes) > MOST_NAMED:
        figure = Figure(figsize=(8, 8), dpi=120, layout="constrained")
        axes = figure.subplots()
        axes.imshow(counts, cmap="Blues", vmin=0)
        axes.set(title=title, xlabel="predicted", ylabel="true")
        return _png(figure)
    # Not pyplot: it keeps figures and a backend for the whole process.
    figure = Figure(figsize=(2.5 + 0.8 * len(classes), 2 + 0.8 * len(classes)), dpi=120, layout="constrained")
    axes = figure.subplots()
    axes.imshow(counts, cmap="Blues", vmin=0)
    axes.set(title=title, xlabel="predicted", ylabel="true")
    axes.set_xticks(range(len(classes)), classes, rotation=30, ha="right")
    axes.set_yticks(range(len(classes)), classes)
    for (row, column), count in np.ndenumerate(counts):
        dark = count > counts.max() / 2
        axes.text(column, row, str(count), ha="center", va="center", color="white" if dark else "black")
    return _png(figure)


def residuals_png(truth: npt.NDArray[np.float64], predicted: npt.NDArray[np.float64], title: str) -> bytes:
    """A PNG; each row is a point, on the line if it was predicted exactly."""
    figure = Figure(figsize=(4.5, 4.5), dpi=120, layout="constrained")
    axes = figure.subplots()
    ends = [min(truth.min(), predicted.min()), max(truth.max(), predicted.max())]
    axes.plot(ends, ends, color="lightgrey", linewidth=1)
    axes.scatter(truth, predicted, s=12, color="tab:blue")
    axes.set(title=title, xlabel="true", ylabel="predicted")
    return _png(figure)


def _png(figure: Figure) -> bytes:
    content = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(content, format="png", metadata={"Software": None})
    return content.getvalue()
