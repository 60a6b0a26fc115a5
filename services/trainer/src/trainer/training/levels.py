"""Facts about a column that are learned beside the model: the levels of a category (the texts that the training rows
repeat, most frequent first) and the scale of a large number.
"""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pandas as pd
from pydantic import TypeAdapter
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from trainer.contract.columns import MISSING, OTHER, Category, Column

MOST_LEVELS = 50_000
MOST_NUMBERS = 500_000
"""Levels x classes of one column: the size of the table that the model looks its target means up in."""
MOST_TEXT = 3 * 1024 * 1024
"""Characters of all levels of a bundle; levels.json is refused beyond 4 MiB."""
LONGEST_LEVEL = 256
"""Longer texts are answered as other."""


def learn(columns: Sequence[Column], rows: pd.DataFrame, classes: int) -> tuple[Column, ...]:
    """The columns with the levels that `rows`, the training rows, have; `classes` is 0 for a regression.

    A text that occurs once says nothing that can be checked against another row, so it is not a level. Any
    other text is "other", in training as in service.
    """
    learned = [column for column in columns if _is_learned(column)]
    most = min(MOST_LEVELS, MOST_NUMBERS // max(classes, 1))
    return tuple(
        column.model_copy(update={"categories": _levels(rows[column.name], most, MOST_TEXT // len(learned))})
        if _is_learned(column)
        else column
        for column in columns
    )


def learned_columns(columns: Sequence[Column], pipeline: Pipeline) -> tuple[Column, ...]:
    """The columns with what a fitted pipeline has learned of them: levels, and the scale of large numbers."""
    if "encode" not in pipeline.named_steps:
        return tuple(columns)
    encoders = [step for _, step, _ in pipeline.named_steps["encode"].transformers_]
    return tuple(_as_fitted(column, encoder) for column, encoder in zip(columns, encoders, strict=True))


def _as_fitted(column: Column, encoder: Any) -> Column:
    if _is_learned(column):
        levels = tuple(level for level in encoder.categories_[0] if isinstance(level, str))
        return column.model_copy(update={"categories": levels})
    if isinstance(encoder, StandardScaler):
        return column.model_copy(update={"offset": float(encoder.mean_[0]), "scale": float(encoder.scale_[0])})
    return column


def levels_document(columns: Sequence[Column]) -> dict[str, Any] | None:
    """The bundle's levels.json; None where no column has learned levels."""
    found = {one.name: list(one.categories) for one in columns if isinstance(one, Category) and one.levels}
    return {"format": 1, "features": found} if found else None


def with_levels(columns: Sequence[Column], document: bytes) -> list[Column]:
    """The columns of a manifest with the levels of its levels.json. Raises ValueError for what does not fit."""
    found = TypeAdapter(dict[str, tuple[str, ...]]).validate_python(json.loads(document)["features"])
    if set(found) != {column.name for column in columns if _is_learned(column)}:
        raise ValueError("levels.json does not have the learned categories of the manifest")
    return [
        column.model_copy(update={"categories": found[column.name]}) if _is_learned(column) else column
        for column in columns
    ]


def _is_learned(column: Column) -> bool:
    return isinstance(column, Category) and column.levels is not None


def _levels(texts: "pd.Series[Any]", most: int, room: int) -> tuple[str, ...]:
    counted = Counter(text for text in texts.dropna() if len(text) <= LONGEST_LEVEL)
    repeated = {text: count for text, count in counted.items() if count > 1} or counted
    # A level with a bin's own name comes last, where it is counted as other.
    ranked = sorted(repeated, key=lambda text: (text in {OTHER, MISSING}, -repeated[text], text))
    levels: list[str] = []
    for text in ranked[:most]:
        room -= len(text.encode()) + 4
        if room < 0:
            break
        levels.append(text)
    return tuple(levels)
