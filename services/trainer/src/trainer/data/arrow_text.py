"""Columns of Arrow as the text that `df.to_csv()` writes of them, so that Parquet and CSV are one data set."""

import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
from pyarrow import compute, parquet

UNITS = ("day", "s", "ms", "us", "ns")
"""From coarse to fine."""


def finest_units(file: "parquet.ParquetFile", batch: int) -> Mapping[str, str]:
    """For each column of times, the coarsest of UNITS that holds all of its values; read `batch` rows at a time."""
    names = [field.name for field in file.schema_arrow if pa.types.is_timestamp(field.type)]
    found = dict.fromkeys(names, UNITS[0])
    if names:
        for part in file.iter_batches(batch_size=batch, columns=names):
            for name, column in zip(part.schema.names, part.columns, strict=True):
                found[name] = max(found[name], _unit(column), key=UNITS.index)
    return found


def plain_column(column: Any, unit: str | None = None) -> Any:
    """Dictionaries as their values, moments in ISO, decimals as written, lists as JSON, bytes as text; others stay.

    `unit` is that of the whole column, one of UNITS; without it that of `column` alone.
    """
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = column.type
    if pa.types.is_nested(kind):
        values = column.to_pylist()
        return pa.array([None if one is None else json.dumps(one, ensure_ascii=False, default=str) for one in values])
    if pa.types.is_timestamp(kind):
        return _moments(column, unit or _unit(column))
    if pa.types.is_date(kind) or pa.types.is_decimal(kind) or pa.types.is_time(kind):
        return compute.cast(column, pa.string())
    if kind in (pa.string_view(), pa.binary_view()) or pa.types.is_fixed_size_binary(kind):
        column = compute.cast(column, pa.string() if kind == pa.string_view() else pa.binary())
    return _readable(column) if _is_bytes(column.type) else column


def _is_bytes(kind: Any) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _readable(column: Any) -> Any:
    """Bytes as UTF-8 where all of the column is; else in hexadecimal digits, which tell values apart."""
    try:
        return compute.cast(column, pa.string())
    except pa.ArrowInvalid:
        return pa.array([None if one is None else one.hex() for one in column.to_pylist()], pa.string())


def _unit(column: Any) -> str:
    kind = column.type
    # A cast to a day is never refused; it drops the time.
    if kind.tz is None and compute.all(compute.equal(column.cast(pa.date32()).cast(kind), column)).as_py() is not False:
        return UNITS[0]
    own = UNITS.index(kind.unit)
    return next((unit for unit in UNITS[1:own] if _is_exact(column, pa.timestamp(unit, kind.tz))), UNITS[own])


def _is_exact(column: Any, kind: Any) -> bool:
    try:
        compute.cast(column, kind)
    except pa.ArrowInvalid:
        return False
    return True


def _moments(column: Any, unit: str) -> Any:
    kind = pa.date32() if unit == UNITS[0] else pa.timestamp(unit, column.type.tz)
    text = compute.cast(compute.cast(column, kind), pa.string())
    if column.type.tz is None:
        return text
    # Arrow writes Z and +0100.
    zoned = compute.replace_substring_regex(text, "Z$", "+00:00")
    return compute.replace_substring_regex(zoned, r"([+-]\d\d)(\d\d)$", r"\1:\2")
