"""A table with columns of the kinds that are more than a number, a listed category or a boolean."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

STEPS = ("low", "middle", "high")
SHOPS = 300
EPOCH = 1_790_000_000_000


def kinds_page(source: str, *, task: str = "classification") -> dict[str, Any]:
    """Learned levels with and without gaps, few and many, ordered categories, dates, times and large numbers."""
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
            {"name": "born", "kind": "date", "minimum": "2020-01-01", "maximum": "2026-11-01", "description": "When"},
            {
                "name": "seen",
                "kind": "datetime",
                "minimum": "2026-01-01",
                "maximum": "2026-12-01T00:00:00Z",
                "nullable": True,
                "description": "",
            },
            {
                "name": "stamp",
                "dtype": "int64",
                "unit": "ms",
                "minimum": EPOCH,
                "maximum": EPOCH + 9_000_000,
                "description": "Milliseconds since 1970",
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
        born = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=int(draw.integers(2400)))
        seen = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=int(draw.integers(300 * 86400)))
        stamp = int(draw.integers(9_000_000))
        score = 2 * effects[shop] + city / 3 + size - 2 + draw.normal() / 2
        score += (born.weekday() > 4) + (seen.hour > 12) - 2 * (stamp > 5_000_000)
        outcome = f"{10 * score:.3f}"
        if task != "regression":
            outcome = ("no", "yes")[int(score > 0)] if task == "classification" else _of_three(score)
        cells = [f'shop "{shop}", ü', f"city {city}", STEPS[size], STEPS[mood]]
        zone = ("", "Z", "+02:00")[int(draw.integers(3))]
        cells += [f"{born:%Y-%m-%d}", f"{seen:%Y-%m-%dT%H:%M:%S}{zone}", str(EPOCH + stamp)]
        for place in (0, 3, 5):
            if draw.random() < 1 / 8:
                cells[place] = ""
        table.writerow([*cells, outcome])
    return out.getvalue().encode()


def _of_three(score: float) -> str:
    return ("none", "some", "all")[int(score > -1) + int(score > 1)]
