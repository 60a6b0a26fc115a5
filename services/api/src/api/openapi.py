"""The OpenAPI description, with the requests and answers of the model that is served right now."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.bundle import Bundle
from api.manifest import Feature
from api.problem import CONTENT_TYPE
from api.state import State

_ID = {"type": "string", "format": "uuid"}
_EXAMPLE_ID = "01936d5a-7b9c-7000-8000-000000000000"


def describe(app: FastAPI, state: State) -> dict[str, Any]:
    """OpenAPI 3.0.3, which is what the bundled Swagger UI reads."""
    model = state.slots.get("production")
    bundle = model.bundle if model else None
    name = f"{model.name} version {model.version}" if model else "no model yet"
    # FastAPI's own description of the routes it serves; the hot ones are added below
    document = get_openapi(
        title="mlops-iris api", version=model.version if model else "0", openapi_version="3.0.3", routes=app.routes,
        description=f"Serves **{name}**. Every answered prediction is in the audit.",
    )  # fmt: skip
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas |= _schemas(bundle, state.settings.max_batch_rows)
    document["paths"] = _paths(bundle) | document.get("paths", {})
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"].setdefault("default", _problem_response())
    return document


def _paths(bundle: Bundle | None) -> dict[str, Any]:
    row = _example_row(bundle)
    label = bundle.manifest.target.classes[0] if bundle else "label"
    return {
        "/predict": _post("predict", "One prediction", "Row", "Prediction", row),
        "/predict/batch": _post("predict_batch", "Many predictions", "Rows", "Predictions", {"rows": [row]}),
        "/feedback": _post(
            "feedback", "What it should have been", "Feedback", "FeedbackAccepted",
            {"prediction_id": _EXAMPLE_ID, "label": label, "source": "docs"}, status="202",
        ),
    }  # fmt: skip


def _post(name: str, summary: str, request: str, answer: str, example: Any, status: str = "200") -> dict[str, Any]:
    body = {"application/json": {"schema": _ref(request), "example": example}}
    responses = {status: {"description": summary, "content": {"application/json": {"schema": _ref(answer)}}}}
    for code, description in (
        ("413", "Body or batch over the limit"),
        ("415", "Not JSON"),
        ("422", "A value does not fit the model; the fields are named"),
        ("503", "No model yet, or the audit can't be written"),
    ):
        responses[code] = _problem_response() | {"description": description}
    return {
        "post": {
            "operationId": name,
            "summary": summary,
            "tags": ["model"],
            "requestBody": {"required": True, "content": body},
            "responses": responses,
        }
    }


def _schemas(bundle: Bundle | None, max_rows: int) -> dict[str, Any]:
    classes = bundle.manifest.target.classes if bundle else []
    label: dict[str, Any] = {"type": "string"} | ({"enum": classes} if classes else {})
    share = {"type": "number", "minimum": 0, "maximum": 1}
    prediction = {
        "prediction_id": _ID,
        "label_id": {"type": "integer", "minimum": 0},
        "label_name": label,
        "probabilities": _object(dict.fromkeys(classes, share)) if classes else {"type": "object"},
        "warnings": {"type": "array", "items": _ref("Warning")},
    }
    envelope = {
        "model": _object({key: {"type": "string"} for key in ("name", "version", "variant", "bundle")}),
        "timestamp": {"type": "string", "format": "date-time"},
        "latency_ms": {"type": "number", "minimum": 0},
    }
    feedback = _object(
        {"prediction_id": _ID, "label": label, "source": {"type": "string", "minLength": 1, "maxLength": 64}},
        optional=("source",),
    )
    return {
        "Row": _row(bundle),
        "Rows": _object({"rows": _array(_ref("Row"), max_rows)}),
        "Warning": _object(
            {"feature": {"type": "string"}} | {k: {"type": "number"} for k in ("value", "minimum", "maximum")}
        ),
        "Prediction": _object(prediction | envelope),
        "Predictions": _object({"predictions": {"type": "array", "items": _object(prediction)}} | envelope),
        "Feedback": {"oneOf": [feedback, _object({"items": _array(feedback, max_rows)})]},
        "FeedbackAccepted": _object({"accepted": {"type": "integer"}, "ids": {"type": "array", "items": _ID}}),
        "Problem": _problem(),
    }


def _row(bundle: Bundle | None) -> dict[str, Any]:
    if bundle is None:
        return {"type": "object", "additionalProperties": {"type": "number"}}
    return _object({feature.name: _feature(feature) for feature in bundle.manifest.features})


def _feature(feature: Feature) -> dict[str, Any]:
    usual = f"usually {feature.minimum:g} to {feature.maximum:g}"
    return {
        "type": "integer" if feature.dtype == "int64" else "number",
        "format": "int64" if feature.dtype == "int64" else "float",
        "description": f"{feature.description} ({feature.unit or 'no unit'}, {usual}; answered with a warning beyond)",
    }


def _example_row(bundle: Bundle | None) -> dict[str, float]:
    if bundle is None:
        return {"feature": 1.0}
    features = bundle.manifest.features
    return {
        feature.name: int(value) if feature.dtype == "int64" else value
        for feature, value in zip(features, bundle.golden.rows[0].values, strict=True)
    }


def _problem() -> dict[str, Any]:
    fields = {key: {"type": "string"} for key in ("type", "title", "detail", "request_id")}
    errors = _object({"field": {"type": "string"}, "message": {"type": "string"}})
    return _object(
        {**fields, "status": {"type": "integer"}, "errors": {"type": "array", "items": errors}}, optional=("errors",)
    )


def _problem_response() -> dict[str, Any]:
    return {"description": "A problem, RFC 9457", "content": {CONTENT_TYPE: {"schema": _ref("Problem")}}}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _array(items: dict[str, Any], most: int) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": 1, "maxItems": most}


def _object(properties: dict[str, Any], *, optional: tuple[str, ...] = ()) -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
