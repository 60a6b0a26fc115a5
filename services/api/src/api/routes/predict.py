"""POST /predict and /predict/batch. Served ahead of the framework; api.openapi describes them."""

from api.exchange import Call, Reply
from api.protocols.native import many_answers, one_answer
from api.routing import Route
from api.state import State


def hot_routes(state: State) -> list[Route]:
    limit, predictions = state.settings.max_body_bytes, state.predictions

    async def predict(call: Call) -> Reply:
        raw = await call.json(limit)
        model = predictions.begin()
        return Reply(200, one_answer(predictions.answer_one(model, model.rows.one(raw), call.request_id, call.arrived)))

    async def predict_batch(call: Call) -> Reply:
        raw = await call.json(limit)
        model = predictions.begin()
        rows = model.rows.many(raw)
        return Reply(200, many_answers(await predictions.answer(model, rows, call.request_id, call.arrived)))

    return [Route("/predict", {"POST": predict}), Route("/predict/batch", {"POST": predict_batch})]
