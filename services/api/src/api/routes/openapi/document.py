"""The OpenAPI description, with the requests and answers of the model that is served right now."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.access.keys import Permission
from api.bundle.reader import Bundle
from api.http.problem import CONTENT_TYPE
from api.routes.model import model_card
from api.routes.openapi.descriptions import describe_operations
from api.routes.openapi.examples import EXAMPLE_ID, example_answers, example_row
from api.routes.openapi.keys import describe_keys
from api.routes.openapi.parts import (
    EXPLAIN,
    INTERVAL,
    REQUEST_ID,
    ROUTING_HEADERS,
    SET,
    answer,
    csv_table,
    ref,
)
from api.routes.openapi.protocols import protocol_paths, protocol_schemas
from api.routes.openapi.schemas import native_schemas
from api.state import State


def describe(app: FastAPI, state: State, scopes: Mapping[str, Permission]) -> dict[str, Any]:
    """OpenAPI 3.0.3, which is what the bundled Swagger UI reads. ``scopes`` are those of the paths that want a key."""
    model = state.models.get("production")
    bundle = model.bundle if model else None
    manifest = bundle.manifest if bundle else None
    name = f"{model.name} version {model.version}" if model else "no model yet"
    # FastAPI's own description of the routes it serves; the hot ones are added below
    document = get_openapi(
        title="mlops-iris api", version=model.version if model else "0", openapi_version="3.0.3", routes=app.routes,
        description=f"Serves **{name}**. Every answered prediction is in the audit.",
    )  # fmt: skip
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas |= native_schemas(bundle, state.settings.max_batch_rows)
    schemas |= protocol_schemas(manifest, state.settings.max_batch_rows)
    served = (model.name, model.version) if model else ("model", "1")
    others = protocol_paths(*served, example_row(bundle), manifest)
    document["paths"] = _paths(bundle) | document.get("paths", {}) | others | _playground()
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"].setdefault("default", _problem_response())
    examples = example_answers(bundle, *served)
    if model:
        examples["model"] = model_card(state, model).model_dump(mode="json", exclude_unset=True)
    describe_operations(document, examples, *served)
    if scopes:
        describe_keys(document, scopes)
    return document


def _paths(bundle: Bundle | None) -> dict[str, Any]:
    row = example_row(bundle)
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
    example = {"prediction_id": EXAMPLE_ID, **truth, "source": "docs"}
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


def _asked(bundle: Bundle | None) -> list[dict[str, Any]]:
    """The parameters by which a prediction says more, as far as the served model offers them."""
    if bundle is None:
        return [EXPLAIN, INTERVAL, SET]
    offered = [EXPLAIN] if bundle.explainer is not None else []
    if bundle.manifest.conformal is not None:
        offered.append(INTERVAL if bundle.manifest.task == "regression" else SET)
    return offered


def _problem_response() -> dict[str, Any]:
    return answer("A problem, RFC 9457", ref("Problem"), CONTENT_TYPE)
