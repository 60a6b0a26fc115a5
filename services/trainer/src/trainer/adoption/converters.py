"""Converters for the steps that skl2onnx does not know, or does not know for float64."""

from collections.abc import Callable
from typing import Any

import numpy as np
from onnx import TensorProto
from skl2onnx import update_registered_converter
from skl2onnx.common.data_types import DoubleTensorType
from sklearn.impute import SimpleImputer

from trainer.adoption.lookup_table import LookupTransformer
from trainer.adoption.steps import ColumnOrder, TableNumbers, ToFloat32


def register() -> None:
    """Tell skl2onnx; it keeps them for the whole process."""
    update_registered_converter(LookupTransformer, "AdoptedTable", _table_shape, _table)
    update_registered_converter(ColumnOrder, "AdoptedPicked", _same_shape, _picked, parser=_parsed("AdoptedPicked"))
    parser = _parsed("AdoptedRestored")
    update_registered_converter(TableNumbers, "AdoptedRestored", _same_shape, _restored, parser=parser)
    update_registered_converter(ToFloat32, "AdoptedSingle", _same_shape, _single)
    update_registered_converter(SimpleImputer, "SklearnSimpleImputer", _filled_shape, _filled, overwrite=True)


class _Nodes:
    """Adds nodes one after the other, each with a name of its own."""

    def __init__(self, scope: Any, container: Any) -> None:
        self._scope, self._container = scope, container

    def constant(self, values: Any, kind: int = TensorProto.DOUBLE) -> str:
        array = np.asarray(values)
        name = str(self._scope.get_unique_variable_name("constant"))
        self._container.add_initializer(name, kind, list(array.shape), array.ravel().tolist())
        return name

    def add(self, kind: str, *inputs: str, named: str | None = None, **attributes: Any) -> str:
        output = named or str(self._scope.get_unique_variable_name(kind.lower()))
        name = self._scope.get_unique_operator_name(kind)
        self._container.add_node(kind, list(inputs), [output], op_domain="", name=name, **attributes)
        return output


def _table_shape(operator: Any) -> None:
    operator.outputs[0].type = DoubleTensorType([None, operator.raw_operator.width])


def _table(scope: Any, operator: Any, container: Any) -> None:
    nodes, table = _Nodes(scope, container), operator.raw_operator
    rows = operator.inputs[0].full_name
    found = []
    for place, (keys, numbers) in enumerate(zip(table.keys, table.tables, strict=True)):
        column = nodes.add("Gather", rows, nodes.constant(place, TensorProto.INT64), axis=1)
        if not np.array_equal(keys, np.arange(len(keys))):
            column = _place_among(nodes, column, keys)
        at = nodes.add("Where", nodes.add("IsNaN", column), nodes.constant(float(len(keys) + 1)), column)
        found.append(nodes.add("Gather", nodes.constant(numbers), nodes.add("Cast", at, to=TensorProto.INT64), axis=0))
    nodes.add("Sum", *found, named=operator.outputs[0].full_name)


def _place_among(nodes: _Nodes, column: str, keys: Any) -> str:
    """The index of each value among `keys`; their number for one that is none of them, NaN for what is missing."""
    lone = nodes.add("Unsqueeze", column, nodes.constant([1], TensorProto.INT64))
    same = nodes.add("Cast", nodes.add("Equal", lone, nodes.constant(keys)), to=TensorProto.DOUBLE)
    axis = nodes.constant([1], TensorProto.INT64)
    index = nodes.add("ReduceSum", nodes.add("Mul", same, nodes.constant(np.arange(len(keys)))), axis, keepdims=0)
    hit = nodes.add("Cast", nodes.add("ReduceSum", same, axis, keepdims=0), to=TensorProto.BOOL)
    found = nodes.add("Where", hit, index, nodes.constant(float(len(keys))))
    return nodes.add("Where", nodes.add("IsNaN", column), column, found)


def _parsed(name: str) -> Callable[..., Any]:
    """A ColumnTransformer that follows asks for the shape before shapes are worked out."""

    def parse(scope: Any, model: Any, inputs: Any, custom_parsers: Any = None) -> Any:
        del custom_parsers
        operator = scope.declare_local_operator(name, model)
        operator.inputs = inputs
        kind = DoubleTensorType([None, model.n_features_in_])
        operator.outputs.append(scope.declare_local_variable("variable", kind))
        return operator.outputs

    return parse


def _same_shape(operator: Any) -> None:
    operator.outputs[0].type = DoubleTensorType([None, operator.inputs[0].type.shape[1]])


def _single(scope: Any, operator: Any, container: Any) -> None:
    nodes = _Nodes(scope, container)
    rounded = nodes.add("Cast", operator.inputs[0].full_name, to=TensorProto.FLOAT)
    nodes.add("Cast", rounded, named=operator.outputs[0].full_name, to=TensorProto.DOUBLE)


def _picked(scope: Any, operator: Any, container: Any) -> None:
    nodes, places = _Nodes(scope, container), list(operator.raw_operator.places)
    source = operator.inputs[0].full_name
    nodes.add("Gather", source, nodes.constant(places, TensorProto.INT64), named=operator.outputs[0].full_name, axis=1)


def _restored(scope: Any, operator: Any, container: Any) -> None:
    nodes, step = _Nodes(scope, container), operator.raw_operator
    steps = np.asarray(step.steps)
    spread = nodes.add("Mul", operator.inputs[0].full_name, nodes.constant(step.scale))
    spread = nodes.add("Add", spread, nodes.constant(step.offset))
    whole = nodes.add("Round", nodes.add("Mul", spread, nodes.constant(steps)))
    near = nodes.add("Div", whole, nodes.constant(np.where(steps == 0, 1.0, steps)))
    first, second = (nodes.add("Cast", one, to=TensorProto.FLOAT) for one in (near, spread))
    same = nodes.add("And", nodes.add("Equal", first, second), nodes.constant(steps != 0, TensorProto.BOOL))
    nodes.add("Where", same, near, spread, named=operator.outputs[0].full_name)


def _kept(imputer: SimpleImputer) -> Any:
    """Columns without a single value are dropped, unless the imputer keeps them."""
    empty = np.isnan(np.asarray(imputer.statistics_, dtype=np.float64))
    return np.flatnonzero(~empty)


def _filled_shape(operator: Any) -> None:
    imputer = operator.raw_operator
    marks = len(imputer.indicator_.features_) if imputer.add_indicator else 0
    operator.outputs[0].type = DoubleTensorType([None, len(_kept(imputer)) + marks])


def _filled(scope: Any, operator: Any, container: Any) -> None:
    """ONNX Runtime has no imputer for float64."""
    imputer, nodes = operator.raw_operator, _Nodes(scope, container)
    if not np.isnan(imputer.missing_values):
        raise RuntimeError(f"SimpleImputer(missing_values={imputer.missing_values!r}) has no converter")
    rows, kept = operator.inputs[0].full_name, _kept(imputer)
    fills = np.asarray(imputer.statistics_, dtype=np.float64)
    gaps = nodes.add("IsNaN", rows)
    whole = nodes.add("Where", gaps, nodes.constant(np.nan_to_num(fills)), rows)
    if len(kept) < len(fills):
        whole = nodes.add("Gather", whole, nodes.constant(kept, TensorProto.INT64), axis=1)
    if not imputer.add_indicator:
        nodes.add("Identity", whole, named=operator.outputs[0].full_name)
        return
    marked = nodes.constant(imputer.indicator_.features_, TensorProto.INT64)
    flags = nodes.add("Cast", nodes.add("Gather", gaps, marked, axis=1), to=TensorProto.DOUBLE)
    nodes.add("Concat", whole, flags, named=operator.outputs[0].full_name, axis=1)
