"""Conversion by skl2onnx: preparing steps, and the estimators that have no nodes of our own."""

from typing import Any

from onnx import ModelProto
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import DoubleTensorType

from trainer.conversion.graph import ML, Graph
from trainer.conversion.onnx_session import session
from trainer.conversion.renaming import rename
from trainer.conversion.target_encoder import CONVERTERS, SHAPES
from trainer.conversion.unconvertible import explain
from trainer.errors import UnconvertibleError

OPSETS = {"": 18, ML: 3}


def by_library(graph: Graph, model: Any, source: str, *, classes: bool, features: int | None = None) -> str:
    """The shares of a classifier (`classes`), else the only output of a step or regression.

    Raises UnconvertibleError naming the steps that it does not know.
    """
    if reason := explain(model):
        raise UnconvertibleError(reason)
    try:
        converted = convert_sklearn(
            model,
            initial_types=[("rows", DoubleTensorType([None, features or int(model.n_features_in_)]))],
            options={id(model): {"zipmap": False}} if classes else None,
            target_opset=OPSETS,
            custom_conversion_functions=CONVERTERS,
            custom_shape_calculators=SHAPES,
        )
    except Exception as error:
        # A converter raises whatever it likes for settings that it does not know.
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise UnconvertibleError(f"{type(model).__name__} can't be converted to ONNX: {reason}") from error
    _check_runs(converted, model)
    return graph.embed(rename(converted), source)[1 if classes else 0]


def _check_runs(converted: ModelProto, model: Any) -> None:
    """Some converters write nodes that ONNX Runtime has for float32 alone. The types that they declare are not kept."""
    part = ModelProto.FromString(converted.SerializeToString())
    del part.graph.value_info[:]
    for output in part.graph.output:
        output.ClearField("type")
    try:
        session(part.SerializeToString())
    except Exception as error:
        # ONNX Runtime raises whatever its C++ raises.
        steps = [type(step).__name__ for _, step in model.steps] if hasattr(model, "steps") else [type(model).__name__]
        reason = next(iter(str(error).splitlines()), "")[:160]
        raise UnconvertibleError(f"ONNX Runtime can't run the converted {', '.join(steps)}: {reason}") from error
