"""Data sets that are not iris: contracts for those of scikit-learn, and one made here with everything there can be."""

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from sklearn import datasets

from trainer.contract.columns import Category, Number
from trainer.contract.contract import Contract

ROOT = Path(__file__).resolve().parents[2]
Page = dict[str, Any]
"""A contract as its file holds it."""

COLOURS = ("red", "green", "dark blue", 'a "quoted", odd one')


def number_of(contract: Contract, place: int) -> Number:
    """The column at `place`, which must be a number."""
    column = contract.columns[place]
    assert isinstance(column, Number)
    return column


def category_of(contract: Contract, place: int) -> Category:
    """The column at `place`, which must be a category."""
    column = contract.columns[place]
    assert isinstance(column, Category)
    return column


def sklearn_page(name: str) -> Page:
    """The contract of a data set of scikit-learn under its own column names, with ranges around its values."""
    data = getattr(datasets, f"load_{name}")(as_frame=True)
    page: Page = {
        "name": name,
        "source": f"sklearn:{name}",
        "duplicates": "allow",
        "columns": [
            {
                "name": column,
                "dtype": "float64",
                "unit": "",
                "minimum": float(values.min()) - 0.5,
                "maximum": float(values.max()) + 0.5,
                "description": f"The column {column}",
            }
            for column, values in data.data.items()
        ],
    }
    if hasattr(data, "target_names"):
        return page | {"target": {"name": "kind", "description": "", "classes": [str(n) for n in data.target_names]}}
    target = {"name": "progression", "description": "One year on", "unit": "points", "minimum": 0, "maximum": 400}
    return page | {"task": "regression", "target": target}


def small_params() -> dict[str, Any]:
    """The project's own params.yaml with candidates for both tasks that are fitted in a moment."""
    params: dict[str, Any] = yaml.safe_load((ROOT / "params.yaml").read_text())
    few = {"settings": {"n_estimators": 10}}
    return params | {
        "cross_validation": {"folds": 3},
        "candidates": {
            "boosted": {"estimator": "GradientBoostingClassifier", **few},
            "boosted_values": {"estimator": "GradientBoostingRegressor", **few},
        },
        "parity": {"random_rows": 300, "tolerance": 1e-5},
    }


def mixed_page(source: str, *, task: str = "classification") -> Page:
    """Numbers, whole numbers, categories, booleans; some of each may be missing; the file has semicolons and commas."""
    target: Page = {"name": "out/come", "description": "", "classes": ["yes", "no", "may be"]}
    if task == "regression":
        target = {"name": "out/come", "description": "", "unit": "EUR", "minimum": -100, "maximum": 200}
    number = {"unit": "mm", "description": "How long"}
    return {
        "name": "mixed",
        "source": source,
        "csv": {"separator": ";", "decimal": ",", "encoding": "cp1252", "missing": ["", "?"]},
        "duplicates": "allow",
        "task": task,
        "columns": [
            {"name": "mean length (µ)", "dtype": "float64", "minimum": -5, "maximum": 5, **number},
            {"name": "gap", "dtype": "float64", "nullable": True, "minimum": 0, "maximum": 10, **number},
            {"name": "count", "dtype": "int64", "nullable": True, "minimum": 0, "maximum": 20, **number},
            {"name": "colour", "kind": "category", "categories": list(COLOURS), "description": "", "nullable": True},
            {"name": "shop", "kind": "category", "categories": ["a", "b"], "unknown": "other", "description": "Where"},
            {"name": "paid", "kind": "boolean", "description": "Whether it was paid"},
            {"name": "returned", "kind": "boolean", "description": "", "nullable": True},
        ],
        "target": target,
    }


def mixed_csv(*, rows: int = 240, seed: int = 5, task: str = "classification") -> bytes:
    """A file for `mixed_page`, the same for the same seed; about one value in eight is missing where it may be."""
    draw = np.random.default_rng(seed)
    out = io.StringIO(newline="")
    table = csv.writer(out, delimiter=";", lineterminator="\r\n")
    table.writerow([column["name"] for column in mixed_page("")["columns"]] + ["out/come"])
    for _ in range(rows):
        length, gap, count = draw.normal(), draw.uniform(0, 10), int(draw.integers(0, 20))
        colour, shop = draw.choice(np.array(COLOURS, dtype=object)), draw.choice(["a", "b", "c", "d"])
        paid, returned = draw.random() < 0.6, draw.random() < 0.3
        score = 2 * length + gap / 2 - count / 5 + 3 * (colour == "red") + 2 * paid + draw.normal() / 4
        outcome: str = (
            _decimal(10 * score) if task == "regression" else ("no", "may be", "yes")[int((score > 0) + (score > 3))]
        )
        cells = [_decimal(length), _decimal(gap), str(count), colour, shop, "yes" if paid else "no", str(returned)]
        for place in (1, 2, 3, 6):
            if draw.random() < 1 / 8:
                cells[place] = draw.choice(["", "?"])
        table.writerow([*cells, outcome])
    return out.getvalue().encode("cp1252")


def _decimal(value: float) -> str:
    return f"{value:.3f}".replace(".", ",")
