"""POST /predict and /predict/batch. Served ahead of the framework; api.openapi describes them."""

from api.exchange import Call, Reply
from api.middleware import Endpoint
from api.state import State


def endpoints(state: State) -> dict[str, Endpoint]:
    limit = state.settings.max_body_bytes

    async def predict(call: Call) -> Reply:
        raw = await call.json(limit)
        return Reply(200, state.predictions.one(raw, call.request_id, call.arrived))

    async def predict_batch(call: Call) -> Reply:
        raw = await call.json(limit)
        return Reply(200, await state.predictions.many(raw, call.request_id, call.arrived))

    return {"/predict": predict, "/predict/batch": predict_batch}
