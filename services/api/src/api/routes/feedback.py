"""POST /feedback: what a prediction should have been, in JSON or CSV."""

from api.errors import UnsupportedMediaTypeError
from api.http.exchange import Call, Reply
from api.http.routing import Route
from api.protocols.csv_feedback import read_feedback
from api.protocols.csv_rows import CSV_PARAMETERS
from api.state import State


def hot_routes(state: State) -> list[Route]:
    """`POST /feedback`: the truth about earlier predictions, as JSON or CSV."""

    async def feedback(call: Call) -> Reply:
        raw = await call.read(state.settings.max_body_bytes, b"application/json", b"text/csv")
        kind, parameters = call.content_type()
        schema = state.feedback.schema()
        if kind == b"text/csv":
            if parameters not in CSV_PARAMETERS:
                raise UnsupportedMediaTypeError("CSV is read as UTF-8, with a header")
            items = read_feedback(raw, schema, state.feedback.manifest())
        else:
            items = schema.read(raw)
        return Reply(202, state.feedback.take(items, call.request_id, call.origin))

    return [Route("/feedback", {"POST": feedback}, scope="feedback")]
