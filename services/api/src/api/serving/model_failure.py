"""Tells a model's failure from a client's fault when a run has no answer."""

from typing import Any

import numpy as np

from api.bundle.features import Number
from api.errors import ApiError, FieldError, InferenceError, InvalidInputError, RunTimeoutError
from api.serving.served_models import ServedModel
from api.telemetry.model_metrics import Rows


def client_error(error: Exception, model: ServedModel, rows: Rows) -> Exception:
    """The error to raise instead of ``error``.

    If the model fails and a value lies outside the training range, the request is refused and its fields are named.
    If all values are usual, the failure is the model's (500).
    """
    if not isinstance(error, InferenceError):
        return error
    columns: list[tuple[Any, ...]] = list(zip(*(rows.tolist() if isinstance(rows, np.ndarray) else rows), strict=True))
    outside: list[FieldError] = [
        {
            "field": feature.name,
            "message": f"The model has no answer; usual is {feature.minimum:g} to {feature.maximum:g}",
        }
        for feature, column in zip(model.bundle.manifest.features, columns, strict=True)
        if isinstance(feature, Number)
        and any(isinstance(v, float | int) and not feature.minimum <= v <= feature.maximum for v in column)
    ]
    if not outside:
        return error
    names = ", ".join(entry["field"] for entry in outside)
    return InvalidInputError(f"the model has no answer to values so far from what is usual: {names}", errors=outside)


def counted_failure(error: Exception, model: ServedModel, rows: Rows) -> Exception:
    """The error for the client, like :func:`client_error`; counted where it is the model's fault."""
    answer = client_error(error, model, rows)
    if isinstance(answer, InferenceError | RunTimeoutError) or not isinstance(answer, ApiError):
        model.metrics.count_failure(1.0)
    return answer
