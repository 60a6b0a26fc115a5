"""The pictures of docs/monitoring-without-labels.md, from models that are trained here with fixed seeds.

Run `python -m scripts.docs.without_labels`; it takes some seconds and writes three files in docs/images.
"""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from sklearn.datasets import make_classification, make_friedman1
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.model_selection import cross_val_predict

from trainer.training.calibration import calibration, expected
from trainer.training.conformal import of_classes, of_values

IMAGES = Path(__file__).parents[2] / "docs" / "images"
DAYS, A_DAY = 24, 400
STEPS = {"covariate shift": 8, "concept shift": 16}
"""The day each begins; before both, nothing changes."""


def main() -> None:
    # The same numbers give the same bytes.
    with rc_context({"svg.hashsalt": "mlops-iris", "svg.fonttype": "none"}):
        days = _days()
        _estimate(days)
        _interval()
        _coverage(days)


def _days() -> dict[str, Any]:
    """A forest that serves for some days; each figure has one number a day."""
    rows, truth = make_classification(12_000, 8, n_informative=4, flip_y=0.1, class_sep=0.9, random_state=3)
    model = RandomForestClassifier(50, min_samples_leaf=2, random_state=0)
    shares = cross_val_predict(model, rows[:2000], truth[:2000], cv=5, method="predict_proba")
    section = calibration(shares.max(axis=1), shares.argmax(axis=1) == truth[:2000])
    model.fit(rows[:2000], truth[:2000])
    numbers = of_classes(truth[2000:2500], model.predict_proba(rows[2000:2500]), 0.9)
    if section is None or numbers is None:
        raise AssertionError("the tables have rows enough")
    rows, truth = rows[2500:], truth[2500:]
    hard = 1.0 - model.predict_proba(rows).max(axis=1)
    draw = np.random.default_rng(5)
    found: dict[str, Any] = {"estimate": [], "accuracy": [], "coverage": []}
    for day in range(DAYS):
        weights = hard**2 if STEPS["covariate shift"] <= day < STEPS["concept shift"] else np.ones(len(rows))
        chosen = draw.choice(len(rows), A_DAY, p=weights / weights.sum())
        shares, labels = model.predict_proba(rows[chosen]), truth[chosen]
        if day >= STEPS["concept shift"]:
            labels = np.where(rows[chosen, 0] > np.median(rows[:, 0]), 1 - labels, labels)
        found["estimate"].append(expected(section, shares.max(axis=1)).mean())
        found["accuracy"].append((shares.argmax(axis=1) == labels).mean())
        inside = shares >= np.array(numbers["least_probability"])
        found["coverage"].append(inside[np.arange(A_DAY), labels].mean())
    return found


def _estimate(days: dict[str, Any]) -> None:
    figure, axes = _axes("Estimated accuracy follows a shift of the inputs, and is blind to a shift of their meaning")
    axes.plot(days["accuracy"], label="true accuracy (labels)", color="#333333")
    axes.plot(days["estimate"], label="estimated accuracy (no labels)", color="#1f77b4", linestyle="--")
    _shifts(axes)
    _save(figure, axes, "estimated-accuracy.svg")


def _interval() -> None:
    rows, truth = make_friedman1(3000, noise=1.0, random_state=1)
    model = RandomForestRegressor(50, min_samples_leaf=2, random_state=0).fit(rows[:1500], truth[:1500])
    numbers = of_values(truth[1500:2700], model.predict(rows[1500:2700]), 0.9)
    if numbers is None:
        raise AssertionError("the table has rows enough")
    values, truth = model.predict(rows[2700:3000]), truth[2700:3000]
    half = np.array(numbers["half_width"])[np.searchsorted(numbers["edges"], values)]
    order = np.argsort(values)
    inside = (np.abs(truth - values) <= half)[order]
    figure, axes = _axes(f"Intervals of 300 new rows: {int(inside.sum())} hold the true value")
    places = np.arange(len(order))
    axes.vlines(places, (values - half)[order], (values + half)[order], color="#1f77b4", alpha=0.4, label="interval")
    axes.scatter(places[inside], truth[order][inside], s=9, color="#333333", label="true value, held")
    axes.scatter(places[~inside], truth[order][~inside], s=16, color="#d62728", label="true value, missed")
    axes.set(xlabel="rows, by predicted value", ylabel="value")
    _save(figure, axes, "intervals.svg", "upper left")


def _coverage(days: dict[str, Any]) -> None:
    figure, axes = _axes("Coverage of the sets by feedback: the promise holds while the rows are like the hold-out's")
    axes.plot(days["coverage"], label="sets that hold the truth", color="#1f77b4")
    axes.axhline(0.9, color="#333333", linestyle=":", label="promised")
    _shifts(axes)
    _save(figure, axes, "coverage.svg")


def _axes(title: str) -> tuple[Figure, Any]:
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    axes = figure.subplots()
    axes.set_title(title, fontsize=10)
    return figure, axes


def _shifts(axes: Any) -> None:
    for name, day in STEPS.items():
        axes.axvline(day, color="#999999", linewidth=0.8)
        axes.text(day + 0.1, 0.97, name, transform=axes.get_xaxis_transform(), fontsize=8, va="top")
    axes.set(xlabel="day", ylim=(0.3, 1.02))


def _save(figure: Figure, axes: Any, name: str, place: str = "lower left") -> None:
    axes.legend(fontsize=8, loc=place)
    figure.savefig(IMAGES / name, format="svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
