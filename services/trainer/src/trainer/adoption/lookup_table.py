"""A transformer of columns with finitely many values as a table: each value's row of numbers is looked up.

A one-hot, ordinal or target encoder, alone or after an imputer, treats each value of a column by itself. So the fitted
transformer is asked once for every value, and the answers are the served model.
"""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

from trainer.adoption.description import KnownValues
from trainer.bundle.parity import UNKNOWN
from trainer.contract.columns import Boolean, Category, Column
from trainer.errors import AdoptionError

MOST_CELLS = 4_000_000
"""Numbers in the tables of one transformer."""
Floats = npt.NDArray[np.float64]


class LookupTransformer(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """For each column the values it is compared with, and a table [values + 2, outputs].

    The last two rows are those of any other value, and of none. An output belongs to one column; in the tables of the
    others it is 0.
    """

    def __init__(self, keys: Sequence[Floats], tables: Sequence[Floats]) -> None:
        self.keys = keys
        self.tables = tables

    @property
    def n_features_in_(self) -> int:
        return len(self.keys)

    @property
    def width(self) -> int:
        return int(self.tables[0].shape[1])

    def fit(self, rows: Any, _labels: Any = None) -> "LookupTransformer":
        del rows
        return self

    def transform(self, rows: Any) -> Floats:
        """`rows` is [n, columns] as the served model gets them."""
        places = zip(self.keys, self.tables, np.asarray(rows, dtype=np.float64).T, strict=True)
        found: Floats = np.sum([table[_rows(keys, column)] for keys, table, column in places], axis=0)
        return found


def tabulate(
    transformer: Any, columns: Sequence[Column], known: dict[str, KnownValues], *, one: bool
) -> LookupTransformer:
    """The fitted `transformer` of `columns`; `one` where it takes a column by itself and not a frame.

    Raises AdoptionError where an output depends on two columns, or a value can't be transformed.
    """
    values = [_values(column, known) for column in columns]
    first = {column.name: given[0] for column, given in zip(columns, values, strict=True)}
    answers: list[Floats] = []
    for column, given in zip(columns, values, strict=True):
        frame = pd.DataFrame({name: pd.Series([value] * len(given)) for name, value in first.items()})
        frame[column.name] = pd.Series(given, dtype=_dtype(column))
        answers.append(_asked(transformer, frame[column.name] if one else frame, columns))
    owned = np.array([~_alike(table) for table in answers])
    if (owned.sum(axis=0) > 1).any():
        raise AdoptionError(
            f"{type(transformer).__name__} mixes the columns {', '.join(one.name for one in columns)}; "
            "it can't be served: encode each column by itself"
        )
    # An output that depends on no column belongs to the first.
    owned[0] |= ~owned.any(axis=0)
    tables = [np.where(mine, table, 0.0) for mine, table in zip(owned, answers, strict=True)]
    if sum(table.size for table in tables) > MOST_CELLS:
        raise AdoptionError(
            f"{type(transformer).__name__} of {', '.join(one.name for one in columns)} would be a table of more than "
            f"{MOST_CELLS} numbers; merge rare categories, e.g. with OneHotEncoder(max_categories=100)"
        )
    keys = [_keys(column, given) for column, given in zip(columns, values, strict=True)]
    return LookupTransformer(keys, tables)


def _values(column: Column, known: dict[str, KnownValues]) -> list[Any]:
    """Every value of a column, then one that is none of them, then none at all; the first again where there is none."""
    if isinstance(column, Category):
        given: list[Any] = list(column.categories)
        other: Any = UNKNOWN if column.unknown == "other" else given[0]
    elif isinstance(column, Boolean):
        given = [False, True]
        other = given[0]
    else:
        given = sorted(float(value) for value in known[column.name].values)
        other = given[-1] + 1.0 if known[column.name].answers_others else given[0]
    gap = np.nan if column.nullable else given[0]
    return [*given, other, gap]


def _keys(column: Column, values: list[Any]) -> Floats:
    known = values[:-2]
    return np.array(known if column.kind == "number" else range(len(known)), dtype=np.float64)


def _dtype(column: Column) -> Any:
    if isinstance(column, Category):
        return "str"
    if isinstance(column, Boolean):
        return object if column.nullable else bool
    return np.float64


def _asked(transformer: Any, rows: Any, columns: Sequence[Column]) -> Floats:
    try:
        with warnings.catch_warnings():
            # It warns of values that it does not know: what it makes of them is the question.
            warnings.simplefilter("ignore", UserWarning)
            found = transformer.transform(rows)
        dense = found.toarray() if hasattr(found, "toarray") else np.asarray(found)
        numbers = np.asarray(dense, dtype=np.float64)
        return numbers if numbers.ndim > 1 else numbers[:, None]
    except Exception as error:
        # A transformer raises whatever it likes for a value that it does not take.
        names = ", ".join(one.name for one in columns)
        raise AdoptionError(
            f"{type(transformer).__name__} of {names} does not take every value that the table has or may have: "
            f"{' '.join(str(error).split())[:200]}"
        ) from error


def _alike(table: Floats) -> npt.NDArray[np.bool_]:
    same = (table == table[0]) | (np.isnan(table) & np.isnan(table[0]))
    every: npt.NDArray[np.bool_] = same.all(axis=0)
    return every


def _rows(keys: Floats, values: Floats) -> npt.NDArray[np.int64]:
    found = np.searchsorted(keys, values)
    hit = keys[np.minimum(found, len(keys) - 1)] == values
    return np.where(np.isnan(values), len(keys) + 1, np.where(hit, found, len(keys))).astype(np.int64)
