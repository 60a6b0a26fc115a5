"""Columns of a table as the numbers the model takes, read by the rules of training; what does not fit is named."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from pyarrow import compute

from trainer.contract.cells import EXACT, read_cells
from trainer.contract.columns import Boolean, Category, Column, Number
from trainer.contract.csv_format import Csv
from trainer.contract.encoded_places import width
from trainer.data.encoding import encode
from trainer.errors import ScoringError

LARGEST = float(np.finfo(np.float32).max)
"""The model computes in float32, where a larger number would silently be infinity."""
Mask = npt.NDArray[np.bool_]


class Fault(NamedTuple):
    """One value that the model can't take."""

    place: int
    """The row's place in its part, from 0."""
    column: str
    value: str
    rule: str


class _Read(NamedTuple):
    numbers: npt.NDArray[np.float32]
    missing: Mask
    wrong: Mask
    kind: str


def check_columns(names: Sequence[str], columns: Sequence[Column], where: str) -> None:
    """Raises ScoringError with every column that the model needs and the table lacks."""
    missing = [column.name for column in columns if column.name not in names]
    if missing:
        near = {name.casefold().strip(): name for name in names}
        hints = [f"{one!r}" + _hint(near.get(one.casefold())) for one in missing]
        raise ScoringError(
            f"{where}: the model needs {len(missing)} column{'s' if len(missing) > 1 else ''} that the table lacks: "
            f"{', '.join(hints)}; the table has {', '.join(map(repr, names[:20]))}"
        )


def check_types(schema: pa.Schema, columns: Sequence[Column], where: str) -> None:
    """Raises ScoringError with every column whose type holds no value of the feature's kind."""
    wrong = []
    for column in columns:
        kind = schema.field(column.name).type
        if not (_fits(kind, column) or pa.types.is_null(kind)):
            wrong.append(f"column {column.name!r} is {kind}, the model takes a {column.kind}")
    if wrong:
        raise ScoringError(f"{where}: " + "; ".join(wrong))


def numbers_of(table: pa.Table, columns: Sequence[Column], written: Csv) -> tuple[npt.NDArray[np.float32], list[Fault]]:
    """float32 [rows, width], and what does not fit, row by row."""
    parts, faults = [], list[Fault]()
    for column in columns:
        values = table.column(column.name).combine_chunks()
        read = _read(column, values, written)
        rules = [] if column.nullable else [(read.missing, "is missing")]
        for where, rule in [*rules, (read.wrong, f"is not a valid {read.kind}")]:
            if where.any():
                faults += [Fault(int(at), column.name, _shown(values[int(at)]), rule) for at in np.flatnonzero(where)]
        parts.append(read.numbers)
    return np.concatenate(parts, axis=1), sorted(faults)


def _read(column: Column, values: Any, written: Csv) -> _Read:
    kind = values.type
    if isinstance(column, Number) and _is_number(kind):
        return _numbers(column, values)
    if isinstance(column, Boolean) and pa.types.is_boolean(kind):
        found = values.cast(pa.float32()).to_numpy(zero_copy_only=False)[:, None]
        missing = np.isnan(found[:, 0])
        return _Read(found, missing, np.zeros(len(found), dtype=bool), "boolean")
    return _texts(column, values, written)


def _numbers(column: Number, values: Any) -> _Read:
    """A typed column is not written and read again as text, which would only give the same numbers."""
    found = compute.cast(values, pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    missing = np.isnan(found)
    wrong = ~missing & _is_unusable(found, column)
    frame = pd.DataFrame({column.name: np.where(wrong, np.nan, found) if wrong.any() else found}, copy=False)
    return _Read(encode(frame, [column]), missing, wrong, column.dtype)


def _texts(column: Column, cells: Any, written: Csv) -> _Read:
    """Each text is read once and the result given to every row that has it; a number's texts hardly repeat."""
    texts = compute.utf8_trim_whitespace(compute.fill_null(cells.cast(pa.string()), ""))
    if isinstance(column, Number):
        places, distinct = slice(None), texts
    else:
        coded = texts.dictionary_encode()
        places, distinct = coded.indices.to_numpy(zero_copy_only=False), coded.dictionary
    read = read_cells(column, pd.Series(distinct.to_pandas(), dtype=str), written, formats=True)
    missing, wrong = read.missing.to_numpy(dtype=bool), read.wrong.to_numpy(dtype=bool)
    values = read.values
    if isinstance(column, Number):
        wrong = wrong | (~missing & ~wrong & _is_unusable(values.to_numpy(dtype=np.float64), column))
    elif isinstance(column, Category) and column.unknown == "refuse":
        wrong = wrong | (~missing & ~values.isin(column.categories).to_numpy(dtype=bool))
        known = f"category that the model knows; it knows {', '.join(column.categories[:20])}"
        read = read._replace(kind=known)
    if isinstance(column, Boolean):
        numbers = np.array([[np.nan if one is None else float(one)] for one in values], dtype=np.float32)
        numbers = numbers.reshape(len(missing), width(column))
    else:
        numbers = encode(pd.DataFrame({column.name: values.mask(wrong) if wrong.any() else values}), [column])
    return _Read(numbers[places], missing[places], wrong[places], read.kind)


def _is_unusable(found: npt.NDArray[np.float64], column: Number) -> Mask:
    if column.dtype == "int64":
        with np.errstate(invalid="ignore"):
            return np.asarray((np.mod(found, 1) != 0) | (np.abs(found) > EXACT))
    return np.asarray(np.abs(found) > LARGEST)


def _fits(kind: Any, column: Column) -> bool:
    text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    if isinstance(column, Number):
        return bool(text) or _is_number(kind)
    if isinstance(column, Boolean):
        return bool(text) or pa.types.is_boolean(kind) or pa.types.is_integer(kind)
    if isinstance(column, Category):
        return bool(text) or _is_number(kind) or pa.types.is_boolean(kind)
    return bool(text)


def _is_number(kind: Any) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _hint(near: str | None) -> str:
    return f" (there is {near!r})" if near else ""


def _shown(value: Any) -> str:
    return str(value.as_py())[:60]
