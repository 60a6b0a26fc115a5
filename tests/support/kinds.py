"""A table with columns of the kinds that are more than a number, a listed category or a boolean."""

import csv
import io
from typing import Any

import numpy as np

STEPS = ("low", "middle", "high")
SHOPS = 300


def kinds_page(source: str, *, task: str = "classification") -> dict[str, Any]:
    """Learned levels with and without gaps, few and many, and ordered categories."""
    target: dict[str, Any] = {"name": "outcome", "description": "", "classes": ["yes", "no"]}
    if task == "many":
        target["classes"] = ["none", "some", "all"]
    if task == "regression":
        target = {"name": "outcome", "description": "", "unit": "EUR", "minimum": -100, "maximum": 100}
    return {
        "name": "kinds",
        "model": "kinds",
        "source": source,
        "duplicates": "allow",
        "task": "regression" if task == "regression" else "classification",
        "columns": [
            {"name": "shop", "kind": "category", "levels": "learned", "description": "Where", "nullable": True},
            {"name": "city", "kind": "category", "levels": "learned", "description": "In which city"},
            {"name": "size", "kind": "category", "categories": list(STEPS), "ordered": True, "description": ""},
            {
                "name": "mood",
                "kind": "category",
                "categories": list(STEPS),
                "ordered": True,
                "nullable": True,
                "description": "",
            },
        ],
        "target": target,
    }


def kinds_csv(*, rows: int = 900, seed: int = 5, task: str = "classification") -> bytes:
    """A file for `kinds_page`, the same for the same seed."""
    draw = np.random.default_rng(seed)
    effects = draw.normal(size=SHOPS)
    out = io.StringIO(newline="")
    table = csv.writer(out)
    table.writerow([*(column["name"] for column in kinds_page("")["columns"]), "outcome"])
    for _ in range(rows):
        shop, city = int(draw.integers(SHOPS)), int(draw.integers(6))
        size, mood = int(draw.integers(3)), int(draw.integers(3))
        score = 2 * effects[shop] + city / 3 + size - 2 + draw.normal() / 2
        outcome = f"{10 * score:.3f}"
        if task != "regression":
            outcome = ("no", "yes")[int(score > 0)] if task == "classification" else _of_three(score)
        cells = [f'shop "{shop}", ü', f"city {city}", STEPS[size], STEPS[mood]]
        for place in (0, 3):
            if draw.random() < 1 / 8:
                cells[place] = ""
        table.writerow([*cells, outcome])
    return out.getvalue().encode()


def _of_three(score: float) -> str:
    return ("none", "some", "all")[int(score > -1) + int(score > 1)]
