"""The Open Inference Protocol v2's view of a model: its inputs, its outputs, and the answers to a request."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import orjson

from api.bundle.features import Boolean, Category, Feature, LearnedCategory, Moment, Number
from api.bundle.manifest import Manifest
from api.errors import ApiError
from api.protocols.conformal import values_of
from api.protocols.tensors import OutputTensor, to_binary
from api.serving.answers import Answered


def _label(answered: Answered) -> OutputTensor:
    return OutputTensor("label", "INT64", answered.labels.shape, answered.labels)


def _label_name(answered: Answered) -> OutputTensor:
    classes = np.array(answered.model.bundle.manifest.target.classes, dtype=object)
    return OutputTensor("label_name", "BYTES", answered.labels.shape, classes[answered.labels].tolist())


def _probabilities(answered: Answered) -> OutputTensor:
    probabilities = answered.probabilities
    return OutputTensor("probabilities", "FP32", probabilities.shape, probabilities.ravel(), answered.shares.flat)


def _prediction_id(answered: Answered) -> OutputTensor:
    return OutputTensor("prediction_id", "BYTES", answered.labels.shape, answered.ids, answered.ids.json)


def _value(answered: Answered) -> OutputTensor:
    values = answered.probabilities.ravel()
    return OutputTensor("value", "FP64", answered.labels.shape, values, answered.shares.flat)


def _interval(answered: Answered) -> OutputTensor:
    pairs = np.array(values_of(answered), dtype=np.float64)
    return OutputTensor("interval", "FP64", pairs.shape, pairs.ravel())


def _set(answered: Answered) -> OutputTensor:
    """A 1 for each class that is in the row's set, in the order of the probabilities."""
    classes = answered.model.bundle.manifest.target.classes
    members = np.array([[name in one for name in classes] for one in values_of(answered)], dtype=bool)
    return OutputTensor("set", "BOOL", members.shape, members.ravel())


OUTPUTS: Mapping[str, Callable[[Answered], OutputTensor]] = {
    "label": _label,
    "label_name": _label_name,
    "probabilities": _probabilities,
    "prediction_id": _prediction_id,
    "value": _value,
}
_CONFORMAL: Mapping[str, Callable[[Answered], OutputTensor]] = {"interval": _interval, "set": _set}


def outputs_of(manifest: Manifest) -> list[str]:
    """The outputs that a model has."""
    return (
        ["value", "prediction_id"] if manifest.task == "regression" else [name for name in OUTPUTS if name != "value"]
    )


def model_metadata(manifest: Manifest, versions: Sequence[str]) -> dict[str, Any]:
    """The answer of `/v2/models/{name}`: the tensors that the model takes and gives."""

    def tensor(name: str, datatype: str, *shape: int) -> dict[str, Any]:
        return {"name": name, "datatype": datatype, "shape": [-1, *shape]}

    described: dict[str, tuple[Any, ...]] = {
        "label": ("INT64",),
        "label_name": ("BYTES",),
        "probabilities": ("FP32", len(manifest.target.classes)),
        "prediction_id": ("BYTES",),
        "value": ("FP64",),
    }
    return {
        "name": manifest.model,
        "versions": versions,
        "platform": "onnx_onnxv1",
        "inputs": [tensor("features", "FP32", len(manifest.features))]
        if manifest.plain
        else [tensor(feature.name, datatype(feature)) for feature in manifest.features],
        "outputs": [tensor(name, *described[name]) for name in outputs_of(manifest)],
    }


def datatype(feature: Feature) -> str:
    """The datatype of a feature's own tensor."""
    match feature:
        case Category() | LearnedCategory() | Moment():
            return "BYTES"
        case Boolean():
            return "BOOL"
        case Number(dtype="int64", nullable=False):
            return "INT64"
        case Number():
            return "FP64"


def encode(
    answered: Answered, outputs: Sequence[tuple[str, bool]], *, id_: str | None, parameters: Mapping[str, Any]
) -> tuple[bytes, int | None]:
    """The body of a response, and the length of its JSON where binary tensors follow it."""
    described: list[dict[str, Any]] = []
    tail: list[bytes] = []
    for name, binary in outputs:
        tensor = (OUTPUTS.get(name) or _CONFORMAL[name])(answered)
        head = {"name": name, "datatype": tensor.datatype, "shape": list(tensor.shape)}
        if binary:
            tail.append(to_binary(tensor))
            described.append(head | {"parameters": {"binary_data_size": len(tail[-1])}})
        else:
            described.append(head | {"data": tensor.data if tensor.json is None else orjson.Fragment(tensor.json)})
    response: dict[str, Any] = {"model_name": answered.model.name, "model_version": answered.model.version}
    if id_ is not None:
        response["id"] = id_
    if parameters:
        response["parameters"] = parameters
    json = orjson.dumps(response | {"outputs": described}, option=orjson.OPT_SERIALIZE_NUMPY)
    return (b"".join([json, *tail]), len(json)) if tail else (json, None)


def error_body(error: ApiError) -> tuple[int, bytes]:
    """The protocol's one shape for errors; what can't be accepted is 400 in it."""
    return 400 if error.status == 422 else error.status, orjson.dumps({"error": error.detail})
