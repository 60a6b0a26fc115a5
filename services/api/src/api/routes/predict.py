"""POST /predict and /predict/batch, in JSON or CSV. Served ahead of FastAPI; api.routes.openapi describes them."""

from collections.abc import Sequence
from typing import Any

from api.errors import BadRequestError, UnsupportedMediaTypeError
from api.http.body import Header
from api.http.exchange import Call, Reply, answered_by
from api.http.routing import ImmediateEndpoint, Route
from api.protocols.answer_options import NOTHING, asked_in
from api.protocols.conformal import field_of
from api.protocols.csv_answers import csv_answers
from api.protocols.csv_rows import CSV_PARAMETERS, read_csv
from api.protocols.native import many_answers, one_answer, one_of_many
from api.serving.answers import Answered
from api.serving.explanations import weight_of_reasons
from api.serving.served_models import ServedModel
from api.state import State
from api.telemetry.model_metrics import Rows

_LINES_SHOWN = 20


def hot_routes(state: State) -> list[Route]:
    """`POST /predict` and `/predict/batch`, also with reasons."""
    limit, predictions = state.settings.max_body_bytes, state.predictions

    async def explained(model: ServedModel, rows: Rows, call: Call) -> Answered:
        call.body.charge(weight_of_reasons(model, len(rows)))
        return await predictions.answer(model, rows, call, explain=True)

    async def predict(call: Call) -> Reply:
        raw = await call.json(limit)
        model = predictions.begin(call.routing_key, call.version)
        row = model.rows.one(raw)
        if call.query and (asked := asked_in(call.query)) != NOTHING:
            field = field_of(model, asked)
            ask = explained if asked.explain else predictions.answer
            return Reply(200, one_of_many(await ask(model, [row], call), field))
        return Reply(200, one_answer(await predictions.answer_one(model, row, call)))

    async def predict_batch(call: Call) -> Reply:
        raw = await call.read(limit, b"application/json", b"text/csv")
        kind, parameters = call.content_type()
        model = predictions.begin(call.routing_key, call.version)
        rows: Rows
        others: Sequence[str] = ()
        others_rows: Sequence[Sequence[str]] = ()
        left_out: Sequence[int] = ()
        if kind == b"text/csv":
            if parameters not in CSV_PARAMETERS:
                raise UnsupportedMediaTypeError("CSV is read as UTF-8, with a header")
            most = state.settings.max_batch_rows
            found = read_csv(raw, model.bundle.manifest, max_rows=most, typed_table=model.typed_table)
            rows, others, others_rows, left_out = found
        else:
            rows = model.rows.many(raw)
        as_csv = _wants_csv(call.header(b"accept").lower(), came_as_csv=kind == b"text/csv")
        asked = asked_in(call.query)
        field = field_of(model, asked)
        if asked.explain:
            if as_csv:
                raise BadRequestError("reasons are in JSON only; send Accept: application/json, or leave explain out")
            answered = await explained(model, rows, call)
        else:
            answered = await predictions.answer(model, rows, call)
        if as_csv:
            headers = [*answered_by(model.version, model.variant), *_lines_left_out(left_out)]
            table = csv_answers(answered, others, others_rows, field=field)
            return Reply(200, table, b"text/csv; charset=utf-8; header=present", headers)
        return Reply(200, many_answers(answered, field), headers=_lines_left_out(left_out))

    return [
        Route("/predict", {"POST": predict}, scope="predict", immediate=_immediate(state)),
        Route("/predict/batch", {"POST": predict_batch}, scope="predict"),
    ]


def _immediate(state: State) -> ImmediateEndpoint:
    """One row without reasons, which only waits for the turn of its model."""

    def ask(raw: bytes, context: Any, routing_key: bytes, version: str) -> None:
        model = state.traffic.choose(routing_key, version)
        state.predictions.answer_at_once(model, model.rows.one(raw), context, context)

    return ImmediateEndpoint(ask, one_answer, state.settings.max_body_bytes)


def _lines_left_out(lines: Sequence[int]) -> list[Header]:
    """The first lines without an answer, because training leaves such rows out, too."""
    shown = ", ".join(map(str, lines[:_LINES_SHOWN])) + (", ..." if len(lines) > _LINES_SHOWN else "")
    return [(b"x-lines-left-out", f"{len(lines)}: {shown}".encode())] if lines else []


def _wants_csv(accept: bytes, *, came_as_csv: bool) -> bool:
    """An answer comes in the format of its question unless the client asks for the other one."""
    return b"text/csv" in accept or (came_as_csv and b"application/json" not in accept)
