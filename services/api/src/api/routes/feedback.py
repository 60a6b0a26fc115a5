"""POST /feedback: what a prediction should have been."""

from api.exchange import Call, Reply
from api.routing import Route
from api.state import State


def hot_routes(state: State) -> list[Route]:
    async def feedback(call: Call) -> Reply:
        raw = await call.json(state.settings.max_body_bytes)
        return Reply(202, state.feedback.take(raw, call.request_id, call.origin))

    return [Route("/feedback", {"POST": feedback}, scope="feedback")]
