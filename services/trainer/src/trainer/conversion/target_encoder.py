"""`TargetEncoder` of one column in ONNX: the means of all levels are a table, and the column holds its row."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from onnx import TensorProto
from skl2onnx.common.data_types import DoubleTensorType
from sklearn.preprocessing import TargetEncoder


def _shape(operator: Any) -> None:
    operator.outputs[0].type = DoubleTensorType([None, len(operator.raw_operator.encodings_)])


def _convert(scope: Any, operator: Any, container: Any) -> None:
    """The categories are indices that follow one another, so an index less the first one is a row of the table."""
    encoder = operator.raw_operator
    table = np.stack(encoder.encodings_, axis=1)
    first = scope.get_unique_variable_name("first")
    container.add_initializer(first, TensorProto.DOUBLE, [1], [float(encoder.categories_[0][0])])
    means = scope.get_unique_variable_name("means")
    container.add_initializer(means, TensorProto.DOUBLE, list(table.shape), table.ravel().tolist())
    flat = scope.get_unique_variable_name("flat")
    container.add_initializer(flat, TensorProto.INT64, [1], [-1])
    steps = [scope.get_unique_variable_name(name) for name in ("from_first", "row", "rows")]
    for kind, inputs, output, attributes in (
        ("Sub", [operator.inputs[0].full_name, first], steps[0], {}),
        ("Cast", [steps[0]], steps[1], {"to": TensorProto.INT64}),
        ("Reshape", [steps[1], flat], steps[2], {}),
        ("Gather", [means, steps[2]], operator.outputs[0].full_name, {"axis": 0}),
    ):
        name = scope.get_unique_operator_name(kind)
        container.add_node(kind, inputs, [output], op_domain="", name=name, **attributes)


SHAPES: Mapping[type, Callable[..., None]] = {TargetEncoder: _shape}
CONVERTERS: Mapping[type, Callable[..., None]] = {TargetEncoder: _convert}
