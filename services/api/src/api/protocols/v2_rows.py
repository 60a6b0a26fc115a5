"""Tensors of an inference request as the rows of a model's columns."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from api.bundle.features import Feature
from api.bundle.near_names import suggestions
from api.bundle.typed_table import TypedTable, of_number
from api.errors import InvalidInputError
from api.protocols.tensors import InputTensor, refuse
from api.protocols.values import Matrix, UnfitValueError, check_values
from api.telemetry.model_metrics import Rows


def plain_rows(tensors: Sequence[InputTensor], arrays: Sequence[Any], features: Sequence[Feature]) -> Matrix:
    """The rows [n, features] of a model of numbers alone: one tensor with all columns, or one for each.

    Raises InvalidInputError, which names the tensor and the row.
    """
    wanted = [feature.name for feature in features]
    names = [tensor.name for tensor in tensors]
    if sorted(names) == sorted(wanted):
        by_name = dict(zip(names, arrays, strict=True))
        columns = [_column(name, by_name[name], len(arrays[0])) for name in wanted]
        rows = _as_float(np.stack(columns, axis=1))
        try:
            check_values(rows, features)
        except UnfitValueError as error:
            raise refuse(wanted[error.column], f"row {error.row} {error.problem}") from None
        return rows
    if len(tensors) != 1:
        forms = f"neither one tensor [n, {len(wanted)}] nor one each of {', '.join(wanted)}"
        raise InvalidInputError(f"inputs are {forms}{suggestions(wanted, names)}")
    if len(tensors[0].shape) != 2 or tensors[0].shape[1] != len(wanted):
        raise refuse(names[0], f"its shape is not [n, {len(wanted)}], with the columns {', '.join(wanted)}")
    rows = _as_float(arrays[0])
    try:
        check_values(rows, features)
    except UnfitValueError as error:
        raise refuse(names[0], f"row {error.row}, {wanted[error.column]} {error.problem}") from None
    return rows


def typed_rows(tensors: Sequence[InputTensor], columns: Sequence[list[Any]], typed_table: TypedTable) -> Rows:
    """The rows of a model with other columns than numbers, which takes one tensor for each column.

    Raises InvalidInputError, which names the tensor and the row.
    """
    wanted = [feature.name for feature in typed_table.features]
    names = [tensor.name for tensor in tensors]
    if sorted(names) != sorted(wanted):
        raise InvalidInputError(f"inputs are not one tensor each of {', '.join(wanted)}{suggestions(wanted, names)}")
    by_name = {tensor.name: (tensor, column) for tensor, column in zip(tensors, columns, strict=True)}
    rows = tensors[0].shape[0]
    typed = []
    for feature in typed_table.features:
        tensor, column = by_name[feature.name]
        if list(tensor.shape) not in ([rows], [rows, 1]):
            raise refuse(feature.name, f"its shape is neither [{rows}] nor [{rows}, 1]")
        typed.append([of_number(one, feature) if isinstance(one, int | float) else one or None for one in column])
    return typed_table.check(list(zip(*typed, strict=True)), lambda row, name: f"tensor {name!r}: row {row}")


def check_ranks(tensors: Sequence[InputTensor], features: Sequence[Feature], typed_table: TypedTable | None) -> None:
    """Raises InvalidInputError for a tensor of more than two dimensions."""
    for tensor in tensors:
        if len(tensor.shape) > 2:
            wanted = wanted_shapes(features, typed_table)
            raise refuse(tensor.name, f"its shape has {len(tensor.shape)} dimensions, and the model takes {wanted}")


def wanted_shapes(features: Sequence[Feature], typed_table: TypedTable | None) -> str:
    """The shapes that the model takes, in words."""
    columns = f"[n] or [n, 1] for each of {', '.join(feature.name for feature in features)}"
    return columns if typed_table is not None else f"[n, {len(features)}], or {columns}"


def _column(name: str, array: Any, rows: int) -> Any:
    if array.shape not in {(rows,), (rows, 1)}:
        raise refuse(name, f"its shape is neither [{rows}] nor [{rows}, 1]")
    return array.reshape(rows)


def _as_float(array: Any) -> Matrix:
    """As it came where it is a float of 32 or 64 bits; integers as float64, exact to 2**53."""
    if array.dtype.kind != "f":
        return np.asarray(array, dtype=np.float64)
    floats: Matrix = array if array.dtype.itemsize > 2 else array.astype(np.float32)
    return floats
