"""The contract's rules as a pandera schema, and what it finds as violations."""

from typing import Any, TypeGuard

import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from trainer.contract.columns import Boolean, Category, Column, Moment, Number
from trainer.contract.contract import Contract, Target
from trainer.errors import Violation


def frame_schema(contract: Contract) -> pa.DataFrameSchema:
    """Types, ranges, categories, classes and order of columns. Names of checks are the rules people read."""
    columns = {column.name: _column(column) for column in contract.columns}
    columns[contract.target.name] = _target(contract.target)
    columns |= {name: pa.Column(str, nullable=True, required=False) for name in contract.kept}
    return pa.DataFrameSchema(columns, strict=True, ordered=True)


def check(frame: pd.DataFrame, contract: Contract) -> list[Violation]:
    """Every value that breaks a rule, and every repeated row where the contract refuses them."""
    violations = _repeats(frame) if contract.duplicates == "refuse" else []
    try:
        # Nothing is coerced, so `frame` stays as it is, and a large one is not copied.
        frame_schema(contract).validate(frame, lazy=True, inplace=True)
    except SchemaErrors as error:
        violations += [
            Violation(int(case.index), str(case.column), str(case.failure_case), str(case.check))
            for case in error.failure_cases.itertuples(index=False)
        ]
    return in_order(violations, contract)


def outside(frame: pd.DataFrame, contract: Contract) -> dict[str, int]:
    """How many values of each column lie outside the contract's range, where the contract only warns of it."""
    ranges = {one.name: (one.minimum, one.maximum) for one in contract.columns if _warns(one)}
    moments = [one for one in contract.columns if isinstance(one, Moment) and one.outside == "warn"]
    frame = frame.assign(**{one.name: _days(frame[one.name], one) for one in moments})
    ranges |= {one.name: one.range for one in moments}
    if contract.task == "regression" and contract.target.outside == "warn":
        ranges[contract.target.name] = contract.target.range
    counts = {name: int(((frame[name] < least) | (frame[name] > most)).sum()) for name, (least, most) in ranges.items()}
    return {name: count for name, count in counts.items() if count}


def _warns(column: Column) -> TypeGuard[Number]:
    return isinstance(column, Number) and column.outside == "warn"


def in_order(violations: list[Violation], contract: Contract) -> list[Violation]:
    """By line, then by the contract's columns."""
    position = {name: place for place, name in enumerate((*contract.features, contract.target.name))}
    return sorted(violations, key=lambda violation: (violation.line, position.get(violation.column, -1)))


def _column(column: Column) -> pa.Column:
    match column:
        case Number():
            dtype = "float64" if column.nullable else column.dtype
            within = _within(column.minimum, column.maximum) if column.outside == "refuse" else []
            return pa.Column(dtype, within, nullable=column.nullable)
        case Category():
            known = _one_of(column.categories, "category") if column.unknown == "refuse" else []
            return pa.Column(str, known, nullable=column.nullable)
        case Moment():
            after = pa.Check(lambda texts: _days(texts, column) >= column.range[0], error=f"is before {column.minimum}")
            before = pa.Check(lambda texts: _days(texts, column) <= column.range[1], error=f"is after {column.maximum}")
            return pa.Column(str, [after, before] if column.outside == "refuse" else [], nullable=column.nullable)
        case Boolean():
            return pa.Column(None if column.nullable else bool, nullable=column.nullable)


def _days(texts: "pd.Series[Any]", column: Moment) -> "pd.Series[Any]":
    return texts.map({text: column.days(text) for text in texts.dropna().unique()}).astype("float64")


def _target(target: Target) -> pa.Column:
    if target.classes:
        return pa.Column(str, _one_of(target.classes, "class"))
    return pa.Column("float64", _within(*target.range) if target.outside == "refuse" else [])


def _within(minimum: float, maximum: float) -> list[pa.Check]:
    return [
        pa.Check.ge(minimum, error=f"is below the minimum {minimum:g}"),
        pa.Check.le(maximum, error=f"is above the maximum {maximum:g}"),
    ]


def _one_of(names: tuple[str, ...], what: str) -> list[pa.Check]:
    return [pa.Check.isin(names, error=f"is an unknown {what}; known are {', '.join(names)}")]


def _repeats(frame: pd.DataFrame) -> list[Violation]:
    # pandera's `unique` names every twin in every column; a person wants the later line and the one it repeats.
    if not frame.duplicated().any():
        return []
    first: dict[tuple[object, ...], int] = {}
    violations = []
    for line, *values in frame.itertuples():
        known = tuple(None if pd.isna(value) else value for value in values)
        if (original := first.setdefault(known, line)) != line:
            text = ",".join("" if value is None else str(value) for value in known)
            violations.append(Violation(int(line), "", text, f"repeats line {original}"))
    return violations
