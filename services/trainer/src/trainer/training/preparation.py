"""The steps of a pipeline for a table that is not all numbers: encode, fill, spread, each one column at a time.

`encode` makes of a frame as a person has it the one table of numbers that the served model takes; the api does the same
by the manifest (docs/formats). `fill` and `spread` are part of the served model. `spread` makes of a category with few
levels one column for each, and of one with many the mean of the target at its level (`TargetEncoder`): what the model
is fitted on is cross-fitted, so that no row's own target is in it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import KFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler, TargetEncoder

from trainer.contract.columns import Category, Column, Moment, Number
from trainer.contract.encoded_places import places
from trainer.contract.moments import encoded
from trainer.estimators import Estimator

GAP = -1.0
"""The index of "no value" among the categories of a column, inside the model."""
MOST_ONE_HOT = 50
"""A learned category with more levels than this becomes means of the target."""
CROSS_FITTED = 5
"""Folds of the target encoding."""


def is_plain(columns: Sequence[Column]) -> bool:
    """Whether every column is a number that is always there: then nothing has to be prepared."""
    return all(isinstance(column, Number) and not (column.nullable or column.is_large) for column in columns)


def preparation(columns: Sequence[Column], estimator: Estimator, seed: int) -> list[tuple[str, Any]]:
    """The steps before the model, as its row of the table of estimators asks: natural values to numbers, categories
    one-hot, numbers scaled; a missing number stays missing, or the model is fitted on float32 values.
    """
    gaps, where = estimator.gaps, places(columns)
    return [
        ("encode", ColumnTransformer([(f"column{at}", _code(one), [one.name]) for at, one in enumerate(columns)])),
        *([("single", single())] if estimator.doubles else []),
        ("fill", ColumnTransformer([(f"column{at}", _filled(one, gaps), where[at]) for at, one in enumerate(columns)])),
        ("spread", _spread(columns, estimator, seed)),
    ]


def single() -> Pipeline:
    """Numbers as the served model gets them: rounded to float32.

    They are float64 again afterwards, as in the served graph: scikit-learn's scalers would else compute in float32.
    """
    steps = [(name, FunctionTransformer(np.asarray, kw_args={"dtype": name})) for name in ("float32", "float64")]
    return Pipeline(steps)


def fills(pipeline: Pipeline) -> npt.NDArray[np.float32]:
    """The stand-in for a missing value in each column of the encoded table: not a number where it stays missing."""
    steps = [(step, len(places)) for _, step, places in pipeline.named_steps["fill"].transformers_]
    found = [step.statistics_ if isinstance(step, SimpleImputer) else [np.nan] * width for step, width in steps]
    return np.concatenate(found, dtype=np.float32, casting="unsafe")


def round_learned(pipeline: Pipeline) -> Pipeline:
    """The fitted pipeline with its fills and the means of `TargetEncoder` in float32, as the served table has them.

    Trees compare in float32, others in float64: only numbers that both hold exactly fall on the same side of a split.
    """
    for _, step, _ in pipeline.named_steps["fill"].transformers_ if "fill" in pipeline.named_steps else ():
        if isinstance(step, SimpleImputer):
            step.statistics_ = _rounded(step.statistics_)
    for _, step, _ in pipeline.named_steps["spread"].transformers_ if "spread" in pipeline.named_steps else ():
        means = step.named_steps["means"] if isinstance(step, Pipeline) else step
        if isinstance(means, TargetEncoder):
            means.encodings_ = [_rounded(one) for one in means.encodings_]
    return pipeline


def _rounded(values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    return values.astype(np.float32).astype(np.float64)


def _code(column: Column) -> Any:
    match column:
        case Number():
            return StandardScaler() if column.is_large else "passthrough"
        case Moment():
            return FunctionTransformer(encoded, kw_args={"kind": column.kind, "reference": column.reference})
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
    if not column.nullable or (gaps and _is_scale(column)):
        return "passthrough"
    if _is_scale(column):
        return SimpleImputer(strategy="median", keep_empty_features=True)
    return SimpleImputer(strategy="constant", fill_value=GAP, keep_empty_features=True)


def _spread(columns: Sequence[Column], estimator: Estimator, seed: int) -> ColumnTransformer:
    placed = list(zip(columns, places(columns), strict=True))
    numbers = [place for column, where in placed if _is_scale(column) for place in where]
    wide = [(column, where[0]) for column, where in placed if _is_wide(column)]
    others = [(column, where[0]) for column, where in placed if not (_is_scale(column) or _is_wide(column))]
    parts: list[tuple[str, Any, list[int]]] = []
    if numbers:
        parts.append(("numbers", StandardScaler() if estimator.scaled else "passthrough", numbers))
    if others:
        # An unknown category is in none of the columns.
        indices = [_indices(column) for column, _ in others]
        hot = OneHotEncoder(categories=indices, handle_unknown="ignore", sparse_output=False)
        parts.append(("categories", hot, [place for _, place in others]))
    parts += [(f"means{place}", _means(column, estimator, seed), [place]) for column, place in wide]
    return ColumnTransformer(parts)


def _means(column: Column, estimator: Estimator, seed: int) -> Any:
    means = TargetEncoder(
        categories=[_indices(column)],
        target_type="continuous" if estimator.task == "regression" else "auto",
        cv=KFold(CROSS_FITTED, shuffle=True, random_state=seed),
    )
    return Pipeline([("means", means), ("scale", StandardScaler())]) if estimator.scaled else means


def _is_scale(column: Column) -> bool:
    """Whether more and less mean something: a number, a date, or the place of a step."""
    return isinstance(column, Number | Moment) or (isinstance(column, Category) and column.ordered)


def _is_wide(column: Column) -> bool:
    return isinstance(column, Category) and column.levels is not None and len(column.categories) > MOST_ONE_HOT


def _indices(column: Column) -> list[float]:
    known = len(column.categories) if isinstance(column, Category) else 2
    # The means have a level of their own for texts that are not levels.
    return [*([GAP] if column.nullable else []), *(float(index) for index in range(known + _is_wide(column)))]
