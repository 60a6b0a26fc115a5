"""The Open Inference Protocol v2 over HTTP, with the binary tensor extension. Served ahead of the framework."""

from importlib.metadata import version as version_of
from typing import Any

import orjson

from api.errors import ApiError, BadRequestError, ModelNotReadyError, NotFoundError
from api.http.exchange import Call, Reply, answered_by
from api.http.problem import headers_of
from api.http.routing import REST, Endpoint, Route
from api.protocols.answer_options import refuse_in_query
from api.protocols.conformal import asked_of, field_of
from api.protocols.v2_outputs import encode, error_body, model_metadata, outputs_of
from api.protocols.v2_request import RequestReader
from api.serving.served_models import ServedModel
from api.serving.traffic import Traffic, listed
from api.state import State

_JSON_LENGTH = b"inference-header-content-length"
_MODEL = "/v2/models/{name}"
_VERSION = "/v2/models/{name}/versions/{version}"


def hot_routes(state: State) -> list[Route]:
    """`/v2`: the Open Inference Protocol."""

    async def server(_: Call) -> Reply:
        return _json({"name": "mlops-iris", "version": release, "extensions": ["binary_tensor_data"]})

    async def live(_: Call) -> Reply:
        return _json({"live": True})

    async def ready(_: Call) -> Reply:
        return _json({"live": True, "ready": state.ready}, 200 if state.ready else 503)

    async def model(call: Call) -> Reply:
        found = _find(state.traffic, *call.values)
        return _json(model_metadata(found.bundle.manifest, [each.version for each in state.traffic.answering()]))

    async def model_ready(call: Call) -> Reply:
        found = _find(state.traffic, *call.values)
        return _json({"name": found.name, "ready": state.ready}, 200 if state.ready else 503)

    async def nowhere(_: Call) -> Reply:
        raise NotFoundError

    release = version_of("mlops-iris-api")
    get: dict[str, Endpoint] = {"/v2": server, "/v2/health/live": live, "/v2/health/ready": ready}
    for model_path in (_MODEL, _VERSION):
        get |= {model_path: model, f"{model_path}/ready": model_ready}
    infer = _infer(state)
    return [
        *(Route(path, {"GET": endpoint}, refuse) for path, endpoint in get.items()),
        *(Route(f"{path}/infer", {"POST": infer}, refuse, "predict") for path in (_MODEL, _VERSION)),
        Route(f"/v2/{REST}", dict.fromkeys(("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"), nowhere), refuse),
    ]


def _infer(state: State) -> Endpoint:
    limit, predictions = state.settings.max_body_bytes, state.predictions
    reader = RequestReader(max_rows=state.settings.max_batch_rows)

    async def infer(call: Call) -> Reply:
        # Triton's client sends no type. A page of another origin is refused for its Origin before it comes here.
        raw = await call.read(limit, b"application/json", b"application/octet-stream", b"")
        if "" in call.values:
            raise _not_served(state.traffic)
        model = predictions.begin(call.routing_key, _version(call))
        if model.name != call.values[0]:
            raise _not_served(state.traffic)
        manifest = model.bundle.manifest
        request = reader.read(
            raw, call.header(_JSON_LENGTH), manifest.features, known=outputs_of(manifest), typed_table=model.typed_table
        )
        if call.query:
            refuse_in_query(call.query)
        field = field_of(model, asked_of(request.parameters))
        answered = await predictions.answer(model, request.rows, call, written=request.written)
        outputs = [*request.outputs, (field, False)] if field else request.outputs
        body, json_length = encode(answered, outputs, id_=request.id, parameters=request.parameters)
        headers = answered_by(model.version, model.variant)
        if json_length is None:
            return Reply(200, body, headers=headers)
        return Reply(200, body, b"application/octet-stream", [*headers, (_JSON_LENGTH, str(json_length).encode())])

    return infer


def _version(call: Call) -> str:
    """The version the address names, or else the header."""
    if len(call.values) == 1:
        return call.version
    if call.version not in {"", call.values[1]}:
        raise BadRequestError("the address names one version and X-Model-Version another")
    return call.values[1]


def _find(traffic: Traffic, name: str, version: str | None = None) -> ServedModel:
    answering = traffic.answering()
    if not any(model.variant == "production" or version is not None for model in answering):
        raise ModelNotReadyError
    for model in answering:
        if model.name == name and version in {None, model.version}:
            return model
    raise _not_served(traffic)


def _not_served(traffic: Traffic) -> NotFoundError:
    return NotFoundError(f"this model or version is not served; served are {listed(traffic.answering())}")


def refuse(error: ApiError, _request_id: str) -> Reply:
    """An error in the shape of this protocol."""
    status, body = error_body(error)
    return Reply(status, body, headers=headers_of(error))


def _json(content: dict[str, Any], status: int = 200) -> Reply:
    return Reply(status, orjson.dumps(content))
