"""The OpenAPI description of the protocols beside the native one: Open Inference v2, and MLflow's scoring server."""

from collections.abc import Mapping
from typing import Any

from api.bundle.class_names import typed_names
from api.bundle.manifest import Manifest
from api.protocols.tensors import DTYPES, MIXED
from api.protocols.v2_outputs import OUTPUTS, datatype, outputs_of
from api.routes.openapi.parts import ROUTING_HEADERS, answer, closed_object, csv_table, ref

_TEXT = {"type": "string"}


def protocol_paths(model: str, version: str, row: Mapping[str, Any], manifest: Manifest | None) -> dict[str, Any]:
    """``row`` is an example: values by feature name."""
    v2, scoring = _Protocol("open inference protocol", "V2Error"), _Protocol("mlflow scoring", "ScoringError")
    text = {"type": "string", "example": csv_table(row)}
    paths = {
        "/v2": v2.get("v2_server", "Name, version and extensions", ref("V2Server")),
        "/v2/health/live": v2.get("v2_live", "Is the process alive?", ref("V2Health")),
        "/v2/health/ready": v2.get("v2_ready", "Should it get traffic?", ref("V2Health")),
        "/invocations": scoring.post("invocations", "Class names or values, as MLflow serves", ref("ScoringAnswer"), {
            "application/json": {"schema": ref("ScoringRequest"), "example": {"dataframe_records": [row]}},
            "text/csv": {"schema": text},
        }),
        "/ping": scoring.get("ping", "200 when it would answer", _TEXT),
        "/version": scoring.get("version", "The MLflow whose scoring server it answers like", _TEXT),
    }  # fmt: skip
    paths["/invocations"]["post"]["parameters"] = ROUTING_HEADERS
    example = {"inputs": _inputs(row, manifest)}
    binary = {"type": "string", "format": "binary"}
    body = {
        "application/json": {"schema": ref("V2Request"), "example": example},
        "application/octet-stream": {"schema": binary},
    }
    for suffix, names in (("", {"name": model}), ("/versions/{version}", {"name": model, "version": version})):
        path, kind = f"/v2/models/{{name}}{suffix}", "version" if suffix else "model"
        paths[path] = v2.get(f"v2_{kind}", f"Inputs and outputs of a {kind}", ref("V2Model"), names)
        paths[f"{path}/ready"] = v2.get(f"v2_{kind}_ready", f"Does this {kind} answer?", ref("V2ModelReady"), names)
        paths[f"{path}/infer"] = v2.post(f"v2_{kind}_infer", "Tensors in, tensors out", ref("V2Response"), body, names)
        infer = paths[f"{path}/infer"]["post"]
        infer["parameters"] = [*infer.get("parameters", []), _JSON_LENGTH, *ROUTING_HEADERS]
        infer["responses"]["200"]["content"]["application/octet-stream"] = {"schema": binary}
    return paths


def _inputs(row: Mapping[str, Any], manifest: Manifest | None) -> list[dict[str, Any]]:
    if manifest is None or manifest.plain:
        return [{"name": "features", "shape": [1, len(row)], "datatype": "FP64", "data": [*row.values()]}]
    return [
        {"name": feature.name, "shape": [1], "datatype": datatype(feature), "data": [row[feature.name]]}
        for feature in manifest.features
    ]


def protocol_schemas(manifest: Manifest | None, max_rows: int) -> dict[str, Any]:
    """The schemas of Open Inference v2 and of MLflow's scoring, with the served model's names and widths."""
    outputs = outputs_of(manifest) if manifest else list(OUTPUTS)
    return _v2_answers() | {"V2Request": _v2_request(manifest, outputs, max_rows)} | _scoring(manifest, outputs)


def _v2_request(manifest: Manifest | None, outputs: list[str], max_rows: int) -> dict[str, Any]:
    plain = manifest is None or manifest.plain
    width = len(manifest.features) if manifest else 1
    named = f"Any name for one tensor [n, {width}], or a feature's for one tensor each"
    tensor = {
        "name": {
            **_TEXT,
            "description": named if plain else "A feature's, with one tensor for each",
        },
        "datatype": {"type": "string", "enum": list(DTYPES if plain else MIXED)},
        "shape": {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 1, "maxItems": 2},
        "parameters": _PARAMETERS,
        "data": {"type": "array", "items": {}, "description": f"Flat or nested like shape; at most {max_rows} rows"},
    }
    wanted = closed_object(
        {"name": {"type": "string", "enum": outputs}, "parameters": _PARAMETERS}, optional=("parameters",)
    )
    request = closed_object(
        {
            "id": _TEXT,
            "parameters": _PARAMETERS,
            "inputs": {"type": "array", "minItems": 1, "items": _open(tensor, "name", "datatype", "shape")},
            "outputs": {"type": "array", "items": wanted},
        },
        optional=("id", "parameters", "outputs"),
    )
    return {**request, "additionalProperties": True}


def _v2_answers() -> dict[str, Any]:
    described = closed_object(
        {"name": _TEXT, "datatype": _TEXT, "shape": {"type": "array", "items": {"type": "integer"}}}
    )
    output = {**described["properties"], "parameters": _PARAMETERS, "data": {"type": "array", "items": {}}}
    return {
        "V2Server": closed_object({"name": _TEXT, "version": _TEXT, "extensions": {"type": "array", "items": _TEXT}}),
        "V2Health": closed_object({"live": {"type": "boolean"}, "ready": {"type": "boolean"}}, optional=("ready",)),
        "V2Model": closed_object(
            {"name": _TEXT, "versions": {"type": "array", "items": _TEXT}, "platform": _TEXT}
            | {key: {"type": "array", "items": described} for key in ("inputs", "outputs")}
        ),
        "V2ModelReady": closed_object({"name": _TEXT, "ready": {"type": "boolean"}}),
        "V2Response": closed_object(
            {"model_name": _TEXT, "model_version": _TEXT, "id": _TEXT, "parameters": _PARAMETERS}
            | {"outputs": {"type": "array", "items": _open(output, "name", "datatype", "shape")}},
            optional=("id", "parameters"),
        ),
        "V2Error": closed_object({"error": _TEXT}),
    }


def _scoring(manifest: Manifest | None, outputs: list[str]) -> dict[str, Any]:
    predicted: dict[str, Any] = {"type": "number"}
    if "value" not in outputs or manifest is None:
        predicted = {"enum": typed_names(manifest.target.classes)} if manifest else {}
    return {
        "ScoringRequest": {
            "type": "object",
            "description": "Exactly one of the four forms, as in MLflow's documentation",
            "properties": {key: {} for key in ("dataframe_split", "dataframe_records", "instances", "inputs")}
            | {"params": _PARAMS},
        },
        "ScoringAnswer": closed_object(
            {
                "predictions": {"type": "array", "items": predicted},
                "interval": {"type": "array", "items": {"type": "array", "items": {"type": "number"}}},
                "set": {"type": "array", "items": {"type": "array", "items": _TEXT}},
            },
            optional=("interval", "set"),
        ),
        "ScoringError": closed_object({"error_code": _TEXT, "message": _TEXT}),
    }


_PARAMETERS = {
    "type": "object",
    "additionalProperties": {"oneOf": [_TEXT, {"type": "number"}, {"type": "boolean"}]},
    "description": "binary_data_size, binary_data and binary_data_output are those of the binary tensor extension; "
    "interval: true or set: true of a request adds an output of that name",
}
_PARAMS = {
    "type": "object",
    "nullable": True,
    "properties": {name: {"type": "boolean", "default": False} for name in ("interval", "set")},
    "description": "interval (of a regression) or set (of a classification) adds a list of that name to the answer",
}
_JSON_LENGTH = {
    "name": "Inference-Header-Content-Length",
    "in": "header",
    "required": False,
    "schema": {"type": "integer", "minimum": 0},
    "description": "Length of the JSON where binary tensors follow it",
}


class _Protocol:
    def __init__(self, tag: str, error: str) -> None:
        self._tag, self._error = tag, error

    def get(self, name: str, summary: str, schema: Any, path: Mapping[str, str] | None = None) -> dict[str, Any]:
        return {"get": self._operation(name, summary, schema, path or {})}

    def post(
        self, name: str, summary: str, schema: Any, body: dict[str, Any], path: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        operation = self._operation(name, summary, schema, path or {})
        return {"post": operation | {"requestBody": {"required": True, "content": body}}}

    def _operation(self, name: str, summary: str, schema: Any, path: Mapping[str, str]) -> dict[str, Any]:
        parameters = [
            {"name": key, "in": "path", "required": True, "schema": _TEXT, "example": value}
            for key, value in path.items()
        ]
        return {
            "operationId": name,
            "summary": summary,
            "tags": [self._tag],
            "parameters": parameters,
            "responses": {"200": answer(summary, schema), "default": answer("The fault", ref(self._error))},
        }


def _open(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}
