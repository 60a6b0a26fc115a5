"""The schemas of requests and answers in the native protocol, as the served model fills them."""

from typing import Any

from api.bundle.class_names import ClassNames
from api.bundle.feedback_schema import SOURCE_PATTERN
from api.bundle.reader import Bundle
from api.routes.openapi.parts import array, closed_object, ref
from api.routes.openapi.row import row_schema

_ID = {"type": "string", "format": "uuid"}
_NUMBER = {"type": "number", "format": "double"}


def native_schemas(bundle: Bundle | None, max_rows: int) -> dict[str, Any]:
    """The components by name; without a bundle they are as wide as any model's. ``max_rows`` bounds a batch."""
    asked = {"reasons": _reasons(bundle), **_conformal(bundle)}
    warnings = {"type": "array", "items": ref("Warning")}
    prediction = {"prediction_id": _ID, **_outcome(bundle), "warnings": warnings, **asked}
    envelope = {
        "model": closed_object({key: {"type": "string"} for key in ("name", "version", "variant", "bundle")}),
        "timestamp": {"type": "string", "format": "date-time"},
        "latency_ms": {"type": "number", "minimum": 0},
    }
    source = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": SOURCE_PATTERN}
    return {
        "Row": row_schema(bundle),
        "Rows": closed_object({"rows": array(ref("Row"), max_rows)}),
        "Warning": _warning(),
        "Prediction": closed_object(prediction | envelope, optional=(*asked,)),
        "PredictedRow": closed_object(prediction, optional=(*asked,)),
        "Predictions": closed_object({"predictions": {"type": "array", "items": ref("PredictedRow")}} | envelope),
        "Truth": closed_object({"prediction_id": _ID, **_truth(bundle), "source": source}, optional=("source",)),
        "Truths": closed_object({"items": array(ref("Truth"), max_rows)}),
        "Feedback": {"oneOf": [ref("Truth"), ref("Truths")]},
        "FeedbackAccepted": closed_object({"accepted": {"type": "integer"}, "ids": {"type": "array", "items": _ID}}),
        "Problem": _problem(),
    }


def _outcome(bundle: Bundle | None) -> dict[str, Any]:
    """The answer itself: a class with its probabilities, or a value."""
    if bundle and bundle.manifest.task == "regression":
        target = bundle.manifest.target
        return {"value": _NUMBER | {"description": f"{target.name} ({target.unit or 'no unit'})"}}
    classes = _classes(bundle)
    share = {"type": "number", "minimum": 0, "maximum": 1}
    return {
        "label_id": {"type": "integer", "minimum": 0},
        "label_name": _label(classes),
        "probabilities": closed_object(dict.fromkeys(classes, share)) if classes else {"type": "object"},
    }


def _truth(bundle: Bundle | None) -> dict[str, Any]:
    """The truth that feedback names: a class by its name or index, or a value."""
    if bundle and bundle.manifest.task == "regression":
        return {"value": _NUMBER}
    classes = _classes(bundle)
    index: dict[str, Any] = {"type": "integer", "minimum": 0, "maximum": max(len(classes) - 1, 0)}
    if not ClassNames(classes).has_indices:
        index = {"type": "number", "description": "The number that a class is named"}
    return {"label": {"oneOf": [_label(classes), index]}}


def _classes(bundle: Bundle | None) -> list[str]:
    return bundle.manifest.target.classes if bundle else []


def _label(classes: list[str]) -> dict[str, Any]:
    return {"type": "string"} | ({"enum": classes} if classes else {})


def _reasons(bundle: Bundle | None) -> dict[str, Any]:
    """Only there where they were asked for."""
    classes = _classes(bundle)
    of = {"class": {"type": "string", "enum": classes}} if classes else {}
    names = [feature.name for feature in bundle.manifest.features] if bundle else []
    contributions = closed_object({name: {"type": "number"} for name in names})
    return closed_object(
        of | {"score": {"type": "string"}, "base": {"type": "number"}, "contributions": contributions}
    ) | {"description": "With explain=true: base and contributions add up to the raw score"}


def _conformal(bundle: Bundle | None) -> dict[str, Any]:
    """The set or the interval: only there where it was asked for, and one of the two for each task."""
    numbers = bundle.manifest.conformal if bundle else None
    promised = f"holds the truth in {numbers.coverage:.0%} of the answers" if numbers else "the model offers none"
    if bundle and bundle.manifest.task == "regression":
        ends = {"type": "array", "items": _NUMBER, "minItems": 2, "maxItems": 2}
        return {"interval": ends | {"description": f"With interval=true, low and high: {promised}"}}
    return {
        "set": {
            "type": "array",
            "items": _label(_classes(bundle)),
            "description": f"With set=true, classes: {promised}",
        }
    }


def _warning() -> dict[str, Any]:
    feature = {"feature": {"type": "string"}}
    beyond = closed_object(feature | {key: {"type": "number"} for key in ("value", "minimum", "maximum")})
    unknown = {"value": {"type": "string"}, "categories": {"type": "array", "items": {"type": "string"}}}
    unseen = {"value": {"type": "string"}, "levels": {"type": "integer"}}
    moment = closed_object(feature | {key: {"type": "string"} for key in ("value", "minimum", "maximum")})
    return {"oneOf": [beyond, moment, closed_object(feature | unknown), closed_object(feature | unseen)]}


def _problem() -> dict[str, Any]:
    fields = {key: {"type": "string"} for key in ("type", "title", "detail", "request_id")}
    errors = closed_object({"field": {"type": "string"}, "message": {"type": "string"}})
    return closed_object(
        {**fields, "status": {"type": "integer"}, "errors": {"type": "array", "items": errors}}, optional=("errors",)
    )
