"""Audited rows as the numbers that a version takes; a row that it can't take is counted under its reason."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from trainer.contract.columns import Boolean, Category, Column, Moment, Number
from trainer.contract.moments import moment
from trainer.data.encoding import encode
from trainer.replay.audit import AuditedAnswer


class EncodedRows(NamedTuple):
    """`rows` fit the version: [n, width] numbers, and their frame of natural values."""

    rows: list[AuditedAnswer]
    numbers: npt.NDArray[np.float32]
    frame: pd.DataFrame


def fit(page: Sequence[AuditedAnswer], columns: Sequence[Column], refused: Counter[str]) -> EncodedRows:
    """The rows of a page that the version can answer; `refused` counts the others by what does not fit."""
    kept, checks = list(page), {column.name: _check(column) for column in columns}
    for column in columns:
        name, check = column.name, checks[column.name]
        wrong = [_wrong(row.features, name, check) for row in kept]
        if any(wrong):
            refused.update(f"column {name!r}: {reason}" for reason in wrong if reason)
            kept = [row for row, reason in zip(kept, wrong, strict=True) if not reason]
    frame = pd.DataFrame(
        {column.name: _series([row.features[column.name] for row in kept], column) for column in columns}
    )
    return EncodedRows(kept, encode(frame, columns), frame)


Check = Callable[[Any], str | None]
"""Why a value does not fit, or None."""


def _wrong(features: dict[str, Any], name: str, check: Check) -> str | None:
    if name not in features:
        return "the audited row does not have it"
    return check(features[name])


def _check(column: Column) -> Check:
    nullable, holds = column.nullable, _holds(column)

    def check(value: Any) -> str | None:
        if value is None:
            return None if nullable else "a missing value, which the version does not take"
        return holds(value)

    return check


def _holds(column: Column) -> Check:
    match column:
        case Number():
            return lambda value: None if type(value) in (float, int) else "not a number"
        case Boolean():
            return lambda value: None if type(value) is bool else "not true or false"
        case Category(unknown="refuse"):
            known = frozenset(column.categories)
            return lambda value: None if value in known else "a category that the version does not know"
        case Moment():
            return lambda value: _moment(value, column.kind)
        case _:
            return lambda value: None if type(value) is str else "not a text"


def _moment(value: Any, kind: str) -> str | None:
    try:
        moment(value, kind)
    except (ValueError, TypeError):
        return f"not a {kind}"
    return None


def _series(values: list[Any], column: Column) -> Any:
    if isinstance(column, Number):
        return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    return pd.Series(values, dtype=object)
