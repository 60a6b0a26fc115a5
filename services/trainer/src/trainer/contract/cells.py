"""Reads the text of cells into typed columns; a value that does not fit its column's kind is reported by line."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from trainer.contract.columns import Boolean, Category, Column, Moment, Number
from trainer.contract.contract import Contract
from trainer.contract.csv_format import Csv
from trainer.contract.moments import WRITTEN, moment
from trainer.contract.number_text import Format, plain
from trainer.contract.reading import tidy
from trainer.errors import Violation

TRUTHS = dict.fromkeys(("true", "yes", "t", "y", "1", "on", "ja", "oui", "vrai", "wahr", "si", "sí"), True)
TRUTHS |= dict.fromkeys(("false", "no", "f", "n", "0", "off", "nein", "non", "faux", "falsch"), False)
EXACT = 2**53
"""A float64 holds every whole number up to here."""
Series = pd.Series  # of any type


class TypedColumn(NamedTuple):
    """A column's values, and by line which of its cells hold nothing or something else."""

    values: "Series[Any]"
    missing: "Series[bool]"
    wrong: "Series[bool]"
    kind: str
    """The value that was expected."""


def typed(
    text: pd.DataFrame, contract: Contract, written: Csv, *, lenient: bool = False, formats: bool = True
) -> tuple[pd.DataFrame, list[Violation]]:
    """Values instead of text, without the rows that hold something else; those are the violations.

    `lenient` leaves rows without a target out and does not call them violations. Without `formats` every number is
    plain, whatever the contract says of its source. Columns with a role stay text.
    """
    violations: list[Violation] = []
    columns: dict[str, Series[Any]] = {}
    whole = pd.Series(data=True, index=text.index)
    name = contract.target.name
    target = _target(text[name], contract, written, formats=formats)
    if lenient:
        text = text[~target.missing]
        whole, rows = whole[text.index], text.index
        target = TypedColumn(target.values[rows], target.missing[rows], target.wrong[rows], target.kind)
    for column in contract.columns:
        read = read_cells(column, text[column.name], written, formats=formats)
        refused = read.wrong if column.nullable else read.wrong | read.missing
        violations += _faults(text[column.name], column.name, read, missing=not column.nullable)
        columns[column.name] = read.values
        whole &= ~refused
    violations += _faults(text[name], name, target, missing=True)
    columns[name] = target.values
    for role in contract.kept:
        if role in text:
            columns[role] = text[role].mask(_missing(text[role], written))
    frame = pd.DataFrame(columns)[whole & ~target.missing & ~target.wrong]
    return frame.astype({column.name: _dtype(column) for column in contract.columns}), violations


def _faults(text: "Series[str]", name: str, read: TypedColumn, *, missing: bool) -> list[Violation]:
    rules = [(read.missing, "is missing")] if missing else []
    rules.append((read.wrong, f"is no {read.kind}"))
    return [Violation(int(line), name, str(text[line]), rule) for where, rule in rules for line in text.index[where]]


def _target(text: "Series[str]", contract: Contract, written: Csv, *, formats: bool) -> TypedColumn:
    if contract.task == "regression":
        target = contract.target
        form = target.format if formats else "plain"
        return _numbers(text, written, "float64", (form, target.unit), endless=target.outside == "refuse")
    names = spelled(text, contract.target.classes)
    missing = _missing(names, written) & ~names.isin(contract.target.classes)
    return TypedColumn(names, missing, names != names, "class")


def read_cells(column: Column, text: "Series[str]", written: Csv, *, formats: bool) -> TypedColumn:
    """The values of a column's cells, which have no spaces around them."""
    match column:
        case Number():
            form = column.format if formats else "plain"
            return _numbers(text, written, column.dtype, (form, column.unit), endless=column.outside == "refuse")
        case Category():
            # A category may be called "none": a text that the contract names is not a gap.
            names = spelled(text, column.categories)
            missing = _missing(names, written) & ~names.isin(column.categories)
            return TypedColumn(names.mask(missing), missing, names != names, "category")
        case Moment():
            return _moments(text, written, column, formats=formats)
        case Boolean():
            values = text.str.lower().map(TRUTHS).astype(object)
            missing = _missing(text, written)
            values = values.mask(missing | values.isna(), None)
            return TypedColumn(values, missing, values.isna() & ~missing, "boolean; write true or false")


def spelled(text: "Series[str]", known: Sequence[str]) -> "Series[str]":
    """As the contract spells it: Blue is `blue` where the contract has no `Blue` and one name alone is so written."""
    spelled: dict[str, list[str]] = {}
    for name in known:
        spelled.setdefault(name.casefold(), []).append(name)
    changed = {}
    for cell in text.unique():
        name = tidy(cell)
        alike = spelled.get(name.casefold(), []) if name not in known else []
        name = alike[0] if len(alike) == 1 else name
        if name != cell:
            changed[cell] = name
    return text.replace(changed) if changed else text


def _numbers(text: "Series[str]", written: Csv, dtype: str, form: tuple[Format, str], *, endless: bool) -> TypedColumn:
    """`form` is the format and the unit. `endless`: infinity is a number here, and the range refuses it."""
    numbers = pd.to_numeric(plain(text, form[0], written.decimal, form[1]), errors="coerce").astype("float64")
    missing = _missing(text, written)
    wrong = numbers.isna() & ~missing
    if dtype == "int64":
        wrong |= ~missing & ((numbers % 1 != 0) | (numbers.abs() > EXACT))
    elif not endless:
        wrong |= ~missing & np.isinf(numbers)
    return TypedColumn(numbers.mask(wrong | missing), missing, wrong, dtype)


def _moments(text: "Series[str]", written: Csv, column: Moment, *, formats: bool) -> TypedColumn:
    """ISO text. Each text is read once: a column of dates repeats them."""
    read: dict[str, str | None] = {}
    for cell in text.unique():
        try:
            iso = cell
            if formats and column.format:
                found = datetime.strptime(cell, column.format)  # noqa: DTZ007 - moment() reads it as UTC
                iso = (found.date() if column.kind == "date" else found).isoformat()
            moment(iso, column.kind)
            read[cell] = iso
        except ValueError:
            read[cell] = None
    missing = _missing(text, written)
    values = text.map(read).astype("str").mask(missing)
    form = f"written {column.format}" if formats and column.format else f"write it {WRITTEN[column.kind]}"
    return TypedColumn(values, missing, values.isna() & ~missing, f"{column.kind}; {form}")


def _missing(text: "Series[str]", written: Csv) -> "Series[bool]":
    return text.str.lower().isin([marker.lower() for marker in written.missing])


def _dtype(column: Column) -> Any:
    match column:
        case Number():
            # pandas' own whole numbers know no gap.
            return "float64" if column.nullable else column.dtype
        case Category() | Moment():
            return "str"
        case Boolean():
            return object if column.nullable else bool
