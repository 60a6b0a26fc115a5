"""From the text of cells to typed columns: what is no value of its column's kind is a violation, told by line."""

from typing import Any, NamedTuple

import pandas as pd

from trainer.contract.columns import Boolean, Category, Column, Number
from trainer.contract.contract import Contract, Csv
from trainer.errors import Violation

TRUTHS = {"true": True, "yes": True, "t": True, "y": True, "1": True}
TRUTHS |= {"false": False, "no": False, "f": False, "n": False, "0": False}
Series = pd.Series  # of any type


class Typed(NamedTuple):
    """A column's values, and by line which of its cells hold nothing or something else."""

    values: "Series[Any]"
    missing: "Series[bool]"
    wrong: "Series[bool]"
    kind: str
    """What a value should have been."""


def typed(text: pd.DataFrame, contract: Contract, written: Csv) -> tuple[pd.DataFrame, list[Violation]]:
    """Values instead of text, without the rows that hold something else; those are the violations."""
    violations: list[Violation] = []
    columns: dict[str, Series[Any]] = {}
    whole = pd.Series(data=True, index=text.index)
    for column in contract.columns:
        name, read = column.name, _read(column, text[column.name], written)
        refused = read.wrong if column.nullable else read.wrong | read.missing
        violations += _faults(text[name], name, read, missing=not column.nullable)
        columns[name] = read.values
        whole &= ~refused
    name = contract.target.name
    target = _target(text[name], contract, written)
    violations += _faults(text[name], name, target, missing=True)
    columns[name] = target.values
    frame = pd.DataFrame(columns)[whole & ~target.missing & ~target.wrong]
    return frame.astype({column.name: _dtype(column) for column in contract.columns}), violations


def _faults(text: "Series[str]", name: str, read: Typed, *, missing: bool) -> list[Violation]:
    rules = [(read.missing, "is missing")] if missing else []
    rules.append((read.wrong, f"is no {read.kind}"))
    return [Violation(int(line), name, str(text[line]), rule) for where, rule in rules for line in text.index[where]]


def _target(text: "Series[str]", contract: Contract, written: Csv) -> Typed:
    if contract.task == "regression":
        return _numbers(text, written, "float64")
    return Typed(text, text == "", text != text, "class")


def _read(column: Column, text: "Series[str]", written: Csv) -> Typed:
    match column:
        case Number():
            return _numbers(text, written, column.dtype)
        case Category():
            # A category may be called "none": what the contract names is no gap.
            missing = _missing(text, written) & ~text.isin(column.categories)
            return Typed(text.mask(missing), missing, text != text, "category")
        case Boolean():
            values = text.str.lower().map(TRUTHS).astype(object)
            missing = _missing(text, written)
            values = values.mask(missing | values.isna(), None)
            return Typed(values, missing, values.isna() & ~missing, "boolean; write true or false")


def _numbers(text: "Series[str]", written: Csv, dtype: str) -> Typed:
    pointed = text if written.decimal == "." else text.str.replace(".", "?").str.replace(written.decimal, ".")
    numbers = pd.to_numeric(pointed, errors="coerce").astype("float64")
    missing = _missing(text, written)
    wrong = numbers.isna() & ~missing
    if dtype == "int64":
        # A float64 holds every whole number up to 2**53.
        wrong |= ~missing & ((numbers % 1 != 0) | (numbers.abs() > 2**53))
    return Typed(numbers.mask(wrong | missing), missing, wrong, dtype)


def _missing(text: "Series[str]", written: Csv) -> "Series[bool]":
    return text.str.lower().isin([marker.lower() for marker in written.missing])


def _dtype(column: Column) -> Any:
    match column:
        case Number():
            # pandas' own whole numbers know no gap.
            return "float64" if column.nullable else column.dtype
        case Category():
            return "str"
        case Boolean():
            return object if column.nullable else bool
