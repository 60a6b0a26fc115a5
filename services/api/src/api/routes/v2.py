"""The Open Inference Protocol v2 over HTTP, with the binary tensor extension. Served ahead of the framework."""

from importlib.metadata import version as version_of
from typing import Any

import orjson

from api.errors import ApiError, ModelNotReadyError, NotFoundError
from api.exchange import Call, Reply
from api.model_slot import ModelSlots, ServedModel
from api.problem import headers_of
from api.protocols.v2_outputs import encode, error_body, model_metadata
from api.protocols.v2_request import RequestReader
from api.routing import Endpoint, Route
from api.state import State

_JSON_LENGTH = b"inference-header-content-length"
_MODEL = "/v2/models/{name}"
_VERSION = "/v2/models/{name}/versions/{version}"


def hot_routes(state: State) -> list[Route]:
    async def server(_: Call) -> Reply:
        return _json({"name": "mlops-iris", "version": release, "extensions": ["binary_tensor_data"]})

    async def live(_: Call) -> Reply:
        return _json({"live": True})

    async def ready(_: Call) -> Reply:
        return _json({"live": True, "ready": state.ready}, 200 if state.ready else 503)

    async def model(call: Call) -> Reply:
        found = _find(state.slots, *call.values)
        return _json(model_metadata(found.bundle.manifest, [each.version for each in _answering(state.slots)]))

    async def model_ready(call: Call) -> Reply:
        found = _find(state.slots, *call.values)
        return _json({"name": found.name, "ready": state.ready}, 200 if state.ready else 503)

    release = version_of("mlops-iris-api")
    get: dict[str, Endpoint] = {"/v2": server, "/v2/health/live": live, "/v2/health/ready": ready}
    for model_path in (_MODEL, _VERSION):
        get |= {model_path: model, f"{model_path}/ready": model_ready}
    infer = _infer(state)
    return [
        *(Route(path, {"GET": endpoint}, refuse) for path, endpoint in get.items()),
        *(Route(f"{path}/infer", {"POST": infer}, refuse, "predict") for path in (_MODEL, _VERSION)),
    ]


def _infer(state: State) -> Endpoint:
    limit, predictions = state.settings.max_body_bytes, state.predictions
    reader = RequestReader(max_rows=state.settings.max_batch_rows)

    async def infer(call: Call) -> Reply:
        raw = await call.read(limit)
        chosen = predictions.begin()
        model = chosen if call.values == (chosen.name,) else _find(state.slots, *call.values)
        request = reader.read(raw, call.header(_JSON_LENGTH), model.bundle.manifest.features)
        answered = await predictions.answer(model, request.rows, call)
        body, json_length = encode(answered, request.outputs, id_=request.id, parameters=request.parameters)
        if json_length is None:
            return Reply(200, body)
        return Reply(200, body, b"application/octet-stream", [(_JSON_LENGTH, str(json_length).encode())])

    return infer


def _answering(slots: ModelSlots) -> list[ServedModel]:
    """A shadow is never asked by a client."""
    return [model for model in (slots.get("production"), slots.get("canary")) if model is not None]


def _find(slots: ModelSlots, name: str, version: str | None = None) -> ServedModel:
    answering = _answering(slots)
    if not answering:
        raise ModelNotReadyError
    for model in answering:
        if model.name == name and version in {None, model.version}:
            return model
    raise NotFoundError(
        "this model or version is not served; served are "
        + ", ".join(f"{model.name} version {model.version}" for model in answering)
    )


def refuse(error: ApiError, _request_id: str) -> Reply:
    """An error in the shape of this protocol."""
    status, body = error_body(error)
    return Reply(status, body, headers=headers_of(error))


def _json(content: dict[str, Any], status: int = 200) -> Reply:
    return Reply(status, orjson.dumps(content))
