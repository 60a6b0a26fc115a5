"""Labelled predictions of irises, as the courier gives them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np

from trainer.data.labelled import Row

FLOWERS = {"setosa": (5.0, 3.4, 1.5, 0.25), "versicolor": (5.9, 2.8, 4.3, 1.3), "virginica": (6.6, 3.0, 5.6, 2.0)}
COLUMNS = ("sepal_length", "sepal_width", "petal_length", "petal_width")
FIRST = datetime(2026, 11, 20, 8, tzinfo=UTC)


def labelled(number: int, flower: str = "setosa", *, label: str = "", day: int = 0, **values: str) -> Row:
    """A flower of that kind, its own by `number`, labelled rightly unless `label` says otherwise."""
    spread = np.random.default_rng(number).normal(scale=(0.12, 0.12, 0.12, 0.03))
    cells = {name: f"{value + noise:.3f}" for name, value, noise in zip(COLUMNS, FLOWERS[flower], spread, strict=True)}
    return {
        "prediction_id": str(UUID(int=number)),
        "at": (FIRST + timedelta(days=day, seconds=number)).isoformat(),
        "version": "1",
        **cells,
        **values,
        "predicted": flower,
        "label": label or flower,
        "source": "test",
    }


def day_of(count: int, *, first: int = 0, day: int = 0) -> list[Row]:
    """That many flowers of one day, the three kinds in turn."""
    kinds = list(FLOWERS)
    return [labelled(first + place, kinds[place % 3], day=day) for place in range(count)]
