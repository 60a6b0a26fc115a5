"""The OpenAPI description, with the requests and answers of the model that is served right now."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.access.keys import Scope
from api.bundle.class_names import ClassNames
from api.bundle.features import Boolean, Category, Feature, Learned, Moment, Number
from api.bundle.feedback_schema import SOURCE_PATTERN
from api.bundle.moments import PATTERNS
from api.bundle.reader import Bundle
from api.bundle.value_schemas import FLOAT32_MAX, LONGEST_LEARNED, LONGEST_TEXT
from api.http.problem import CONTENT_TYPE
from api.routes.model import model_card
from api.routes.openapi.keys import describe_keys
from api.routes.openapi.parts import (
    EXPLAIN,
    INTERVAL,
    REQUEST_ID,
    ROUTING_HEADERS,
    SET,
    answer,
    array,
    closed_object,
    csv_table,
    ref,
)
from api.routes.openapi.protocols import protocol_paths, protocol_schemas
from api.routes.openapi.words import describe_operations
from api.state import State

_ID = {"type": "string", "format": "uuid"}
_EXAMPLE_ID = "01936d5a-7b9c-7000-8000-000000000000"


def describe(app: FastAPI, state: State, scopes: Mapping[str, Scope]) -> dict[str, Any]:
    """OpenAPI 3.0.3, which is what the bundled Swagger UI reads. ``scopes`` are those of the paths that want a key."""
    model = state.slots.get("production")
    bundle = model.bundle if model else None
    manifest = bundle.manifest if bundle else None
    name = f"{model.name} version {model.version}" if model else "no model yet"
    # FastAPI's own description of the routes it serves; the hot ones are added below
    document = get_openapi(
        title="mlops-iris api", version=model.version if model else "0", openapi_version="3.0.3", routes=app.routes,
        description=f"Serves **{name}**. Every answered prediction is in the audit.",
    )  # fmt: skip
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas |= _schemas(bundle, state.settings.max_batch_rows)
    schemas |= protocol_schemas(manifest, state.settings.max_batch_rows)
    served = (model.name, model.version) if model else ("model", "1")
    others = protocol_paths(*served, _example_row(bundle), manifest)
    document["paths"] = _paths(bundle) | document.get("paths", {}) | others | _playground()
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"].setdefault("default", _problem_response())
    examples = _example_answers(bundle, *served)
    if model:
        examples["model"] = model_card(state, model).model_dump(mode="json", exclude_unset=True)
    describe_operations(document, examples, *served)
    if scopes:
        describe_keys(document, scopes)
    return document


def _paths(bundle: Bundle | None) -> dict[str, Any]:
    row = _example_row(bundle)
    truth: dict[str, Any] = {"label": bundle.labels[0] if bundle else "label"}
    if bundle and bundle.manifest.task == "regression":
        truth = {"value": bundle.golden.rows[0].value}
    batch = _post("predict_batch", "Many predictions", "Rows", "Predictions", {"rows": [row]})
    batch["post"]["requestBody"]["content"]["text/csv"] = {"schema": {"type": "string"}, "example": csv_table(row)}
    batch["post"]["responses"]["200"]["content"]["text/csv"] = {"schema": {"type": "string"}}
    one = _post("predict", "One prediction", "Row", "Prediction", row)
    for operation in (one, batch):
        operation["post"]["parameters"] = [*ROUTING_HEADERS, REQUEST_ID, *_asked(bundle)]
        operation["post"]["responses"]["404"] = _problem_response() | {"description": "X-Model-Version is not served"}
    example = {"prediction_id": _EXAMPLE_ID, **truth, "source": "docs"}
    feedback = _post("feedback", "The true label or value", "Feedback", "FeedbackAccepted", example, status="202")
    feedback["post"]["requestBody"]["content"]["text/csv"] = {
        "schema": {"type": "string"},
        "example": csv_table(example),
    }
    feedback["post"]["parameters"] = [REQUEST_ID]
    return {"/predict": one, "/predict/batch": batch, "/feedback": feedback}


def _playground() -> dict[str, Any]:
    summary = "The data of the page at /: model card, training distribution, sample rows"
    found = answer("`model` is null while there is none", {"type": "object"})
    operation = {"operationId": "playground_model", "summary": summary, "tags": ["model"], "responses": {"200": found}}
    shown = answer("Shares in [0, 1], times in seconds; null is not known", {"type": "object"})
    summary = "The data of the page at /status: alerts, versions, drift, the verb to type next"
    status = {"operationId": "status", "summary": summary, "tags": ["operations"], "responses": {"200": shown}}
    return {"/playground/model.json": {"get": operation}, "/status.json": {"get": status}}


def _post(name: str, summary: str, request: str, reply: str, example: Any, status: str = "200") -> dict[str, Any]:
    body = {"application/json": {"schema": ref(request), "example": example}}
    responses = {status: answer(summary, ref(reply))}
    for code, description in (
        ("413", "Body or batch over the limit"),
        ("415", "Neither JSON nor, for a batch, CSV"),
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
    outcome: dict[str, Any] = {
        "label_id": {"type": "integer", "minimum": 0},
        "label_name": label,
        "probabilities": closed_object(dict.fromkeys(classes, share)) if classes else {"type": "object"},
    }
    index: dict[str, Any] = {"type": "integer", "minimum": 0, "maximum": max(len(classes) - 1, 0)}
    if not ClassNames(classes).has_indices:
        index = {"type": "number", "description": "The number that a class is named"}
    truth: dict[str, Any] = {"label": {"oneOf": [label, index]}}
    if bundle and bundle.manifest.task == "regression":
        target = bundle.manifest.target
        outcome = truth = {"value": {"type": "number", "format": "double"}}
        outcome = {"value": outcome["value"] | {"description": f"{target.name} ({target.unit or 'no unit'})"}}
    prediction = {
        "prediction_id": _ID,
        **outcome,
        "warnings": {"type": "array", "items": ref("Warning")},
        **(asked := {"reasons": _reasons(bundle), **_conformal(bundle)}),
    }
    envelope = {
        "model": closed_object({key: {"type": "string"} for key in ("name", "version", "variant", "bundle")}),
        "timestamp": {"type": "string", "format": "date-time"},
        "latency_ms": {"type": "number", "minimum": 0},
    }
    source = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": SOURCE_PATTERN}
    feedback = closed_object({"prediction_id": _ID, **truth, "source": source}, optional=("source",))
    return {
        "Row": _row(bundle),
        "Rows": closed_object({"rows": array(ref("Row"), max_rows)}),
        "Warning": _warning(),
        "Prediction": closed_object(prediction | envelope, optional=(*asked,)),
        "PredictedRow": closed_object(prediction, optional=(*asked,)),
        "Predictions": closed_object({"predictions": {"type": "array", "items": ref("PredictedRow")}} | envelope),
        "Truth": feedback,
        "Truths": closed_object({"items": array(ref("Truth"), max_rows)}),
        "Feedback": {"oneOf": [ref("Truth"), ref("Truths")]},
        "FeedbackAccepted": closed_object({"accepted": {"type": "integer"}, "ids": {"type": "array", "items": _ID}}),
        "Problem": _problem(),
    }


def _asked(bundle: Bundle | None) -> list[dict[str, Any]]:
    """The parameters by which a prediction says more, as far as the served model offers them."""
    if bundle is None:
        return [EXPLAIN, INTERVAL, SET]
    offered = [EXPLAIN] if bundle.explainer is not None else []
    if bundle.manifest.conformal is not None:
        offered.append(INTERVAL if bundle.manifest.task == "regression" else SET)
    return offered


def _reasons(bundle: Bundle | None) -> dict[str, Any]:
    """Only there where they were asked for."""
    classes = bundle.manifest.target.classes if bundle else []
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
        ends = {"type": "array", "items": {"type": "number", "format": "double"}, "minItems": 2, "maxItems": 2}
        return {"interval": ends | {"description": f"With interval=true, low and high: {promised}"}}
    classes = bundle.manifest.target.classes if bundle else []
    names = {"type": "string"} | ({"enum": classes} if classes else {})
    return {"set": {"type": "array", "items": names, "description": f"With set=true, classes: {promised}"}}


def _row(bundle: Bundle | None) -> dict[str, Any]:
    if bundle is None:
        return {"type": "object", "additionalProperties": {}}
    return closed_object({feature.name: _feature(feature) for feature in bundle.manifest.features})


def _feature(feature: Feature) -> dict[str, Any]:
    schema = _value(feature)
    return schema | {"nullable": True} if feature.nullable else schema


def _value(feature: Feature) -> dict[str, Any]:
    match feature:
        case Number():
            usual = f"usually {feature.minimum:g} to {feature.maximum:g}"
            about = f"{feature.description} ({feature.unit or 'no unit'}, {usual}; answered with a warning beyond)"
            whole = feature.dtype == "int64"
            return {
                "type": "integer" if whole else "number",
                "minimum": -(2**63) if whole else -FLOAT32_MAX,
                "maximum": 2**63 - 1 if whole else FLOAT32_MAX,
                "format": "int64" if whole else "float",
                "description": about,
            }
        case Category(unknown="refuse"):
            # OpenAPI 3.0 wants null among the values, too, where it is allowed
            allowed = [*feature.categories, *([None] if feature.nullable else [])]
            return {"type": "string", "enum": allowed, "description": feature.description}
        case Category():
            known = f"usually one of {', '.join(feature.categories)}; answered with a warning beyond"
            text = {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT}
            return text | {"description": f"{feature.description} ({known})"}
        case Learned():
            text = {"type": "string", "minLength": 1, "maxLength": LONGEST_LEARNED}
            known = f"any text; {len(feature.places)} are known, others are answered with a warning"
            return text | {"description": f"{feature.description} ({known})"}
        case Moment():
            usual = f"usually {feature.minimum} to {feature.maximum}; answered with a warning beyond"
            # "date-time" would promise a zone; a time without one is UTC.
            form: dict[str, Any] = {"format": "date"} if feature.kind == "date" else {"pattern": PATTERNS["datetime"]}
            return {"type": "string", **form, "description": f"{feature.description} ({usual})"}
        case Boolean():
            return {"type": "boolean", "description": feature.description}


def _warning() -> dict[str, Any]:
    feature = {"feature": {"type": "string"}}
    beyond = closed_object(feature | {key: {"type": "number"} for key in ("value", "minimum", "maximum")})
    unknown = {"value": {"type": "string"}, "categories": {"type": "array", "items": {"type": "string"}}}
    unseen = {"value": {"type": "string"}, "levels": {"type": "integer"}}
    moment = closed_object(feature | {key: {"type": "string"} for key in ("value", "minimum", "maximum")})
    return {"oneOf": [beyond, moment, closed_object(feature | unknown), closed_object(feature | unseen)]}


def _example_row(bundle: Bundle | None) -> dict[str, Any]:
    if bundle is None:
        return {"feature": 1.0}
    features = bundle.manifest.features
    return {
        feature.name: int(value) if _is_whole(feature) and isinstance(value, float) else value
        for feature, value in zip(features, bundle.golden.rows[0].values, strict=True)
    }


def _example_answers(bundle: Bundle | None, model: str, version: str) -> dict[str, Any]:
    """The answers to the example row, by operation id."""
    if bundle is None:
        return {}
    golden = bundle.golden.rows[0]
    outcome: dict[str, Any] = {"value": golden.value}
    if golden.label is not None:
        classes = bundle.manifest.target.classes
        shares = dict(zip(classes, golden.probabilities, strict=True))
        outcome = {"label_id": classes.index(golden.label), "label_name": golden.label, "probabilities": shares}
    row = {"prediction_id": _EXAMPLE_ID, **outcome, "warnings": []}
    envelope = {
        "model": {"name": model, "version": version, "variant": "production", "bundle": bundle.hash},
        "timestamp": "2026-11-29T00:00:00.000Z",
        "latency_ms": 0.4,
    }
    return {"predict": row | envelope, "predict_batch": {"predictions": [row]} | envelope}


def _is_whole(feature: Feature) -> bool:
    return isinstance(feature, Number) and feature.dtype == "int64"


def _problem() -> dict[str, Any]:
    fields = {key: {"type": "string"} for key in ("type", "title", "detail", "request_id")}
    errors = closed_object({"field": {"type": "string"}, "message": {"type": "string"}})
    return closed_object(
        {**fields, "status": {"type": "integer"}, "errors": {"type": "array", "items": errors}}, optional=("errors",)
    )


def _problem_response() -> dict[str, Any]:
    return answer("A problem, RFC 9457", ref("Problem"), CONTENT_TYPE)
