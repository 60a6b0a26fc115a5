"""What a pipeline does to a table that is not all numbers: encode, fill, spread. Each step is one column at a time.

`encode` makes of a frame as a person has it the one table of numbers that the served model takes; the api does the same
by the manifest (docs/formats). `fill` and `spread` are part of the served model.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler

from trainer.contract.columns import Category, Column, Number

GAP = -1.0
"""The index of "no value" among the categories of a column, inside the model."""


def is_plain(columns: Sequence[Column]) -> bool:
    """Whether every column is a number that is always there: then nothing has to be prepared."""
    return all(isinstance(column, Number) and not column.nullable for column in columns)


def preparation(
    columns: Sequence[Column], *, scaled: bool, gaps: bool = False, rounded: bool = False
) -> list[tuple[str, Any]]:
    """The steps before the model: natural values to numbers, categories one-hot, numbers scaled if wanted.

    With `gaps` a missing number stays missing. With `rounded` the model is fitted on float32 values.
    """
    return [
        ("encode", ColumnTransformer([(f"column{at}", _code(one), [one.name]) for at, one in enumerate(columns)])),
        *([("single", single())] if rounded else []),
        ("fill", ColumnTransformer([(f"column{at}", _filled(one, gaps), [at]) for at, one in enumerate(columns)])),
        ("spread", _spread(columns, scaled=scaled)),
    ]


def single() -> FunctionTransformer:
    """Numbers as the served model gets them."""
    return FunctionTransformer(np.asarray, kw_args={"dtype": "float32"})


def fills(pipeline: Pipeline) -> npt.NDArray[np.float32]:
    """What stands in each column of the encoded table for a missing value: not a number where it stays missing."""
    steps = [step for _, step, _ in pipeline.named_steps["fill"].transformers_]
    return np.array([step.statistics_[0] if isinstance(step, SimpleImputer) else np.nan for step in steps], np.float32)


def _code(column: Column) -> Any:
    match column:
        case Number():
            return "passthrough"
        case Category():
            other = {"handle_unknown": "use_encoded_value", "unknown_value": len(column.categories)}
            known = [*column.categories, *([np.nan] if column.nullable else [])]
            return OrdinalEncoder(
                categories=[known], encoded_missing_value=np.nan, **(other if column.unknown == "other" else {})
            )
        case _:
            # A column of True, False and None becomes 1, 0 and not a number.
            return FunctionTransformer(np.asarray, kw_args={"dtype": "float64"})


def _filled(column: Column, gaps: bool) -> Any:
    if not column.nullable or (gaps and isinstance(column, Number)):
        return "passthrough"
    if isinstance(column, Number):
        return SimpleImputer(strategy="median", keep_empty_features=True)
    return SimpleImputer(strategy="constant", fill_value=GAP, keep_empty_features=True)


def _spread(columns: Sequence[Column], *, scaled: bool) -> ColumnTransformer:
    numbers = [place for place, column in enumerate(columns) if isinstance(column, Number)]
    others = [place for place, column in enumerate(columns) if not isinstance(column, Number)]
    indices = [_indices(columns[place]) for place in others]
    parts: list[tuple[str, Any, list[int]]] = []
    if numbers:
        parts.append(("numbers", StandardScaler() if scaled else "passthrough", numbers))
    if others:
        # What is no known category is none of the columns.
        hot = OneHotEncoder(categories=indices, handle_unknown="ignore", sparse_output=False)
        parts.append(("categories", hot, others))
    return ColumnTransformer(parts)


def _indices(column: Column) -> list[float]:
    known = len(column.categories) if isinstance(column, Category) else 2
    return [*([GAP] if column.nullable else []), *(float(index) for index in range(known))]
