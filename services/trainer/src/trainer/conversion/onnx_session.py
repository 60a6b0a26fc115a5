"""A model's file in ONNX Runtime. It may come from anywhere."""

from collections.abc import Iterator
from typing import Any

import onnxruntime
from onnx import ModelProto, TensorProto

ONLY_FATAL = 4
"""The level of ONNX Runtime's messages on stderr."""


def opened(model: bytes) -> Any:
    """A session with one thread. Raises ValueError for a model that wants files from elsewhere."""
    # The key under which a tensor names its file is in the bytes as it is; few models use the word for anything else.
    if b"location" in model and any(tensor.external_data for tensor in _tensors(ModelProto.FromString(model))):
        raise ValueError("a tensor of the model names a file beside it; save it as one file, without external data")
    return session(model)


def session(model: bytes) -> Any:
    """A session for a model that was made here. Its one thread adds a forest's votes in the order of its trees.

    Raises what ONNX Runtime's C++ raises. It prints the same as an error first, which a refusal has in its own words.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = ONLY_FATAL
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _tensors(message: Any) -> Iterator[TensorProto]:
    """Every tensor anywhere in a model, also in the graphs of its nodes."""
    if isinstance(message, TensorProto):
        yield message
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        for part in [value] if hasattr(value, "ListFields") else value:
            yield from _tensors(part)
