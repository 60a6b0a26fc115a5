"""POST /feedback: what a prediction should have been."""

from api.exchange import Call, Reply
from api.middleware import Endpoint
from api.state import State


def endpoints(state: State) -> dict[str, Endpoint]:
    async def feedback(call: Call) -> Reply:
        raw = await call.json(state.settings.max_body_bytes)
        return Reply(202, state.feedback.take(raw, call.request_id))

    return {"/feedback": feedback}
