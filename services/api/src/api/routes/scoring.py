"""The addresses of MLflow's scoring server, so that its clients need no change. Served ahead of the framework."""

from api.errors import ApiError, InvalidInputError, UnsupportedMediaTypeError
from api.http.exchange import Call, Reply, answered_by
from api.http.problem import headers_of
from api.http.routing import Route
from api.protocols.answer_options import refuse_in_query
from api.protocols.conformal import asked_of, field_of
from api.protocols.csv_rows import read_csv
from api.protocols.scoring import MLFLOW_VERSION, encode, error_body, params_of, read_json
from api.state import State


def hot_routes(state: State) -> list[Route]:
    """`POST /invocations`: MLflow's scoring protocol."""
    limit, max_rows = state.settings.max_body_bytes, state.settings.max_batch_rows
    predictions = state.predictions

    async def invocations(call: Call) -> Reply:
        raw = await call.read(limit, b"application/json", b"text/csv")
        kind, parameters = call.content_type()
        if parameters not in {b"", b"charset=utf-8"}:
            raise UnsupportedMediaTypeError("only the content type parameter charset=utf-8 is known")
        model = predictions.begin(call.routing_key, call.version)
        field = ""
        if kind == b"text/csv":
            table = read_csv(raw, model.bundle.manifest, max_rows=max_rows, typed_table=model.typed_table)
            if table.left_out:
                # A client of MLflow counts on one answer for each row.
                raise InvalidInputError(f"line {table.left_out[0]} is not a row; take it out, or ask /predict/batch")
            rows = table.rows
        else:
            rows = read_json(raw, model.bundle.manifest.features, max_rows=max_rows, typed_table=model.typed_table)
            field = field_of(model, asked_of(params_of(raw)))
        if call.query:
            refuse_in_query(call.query)
        answered = await predictions.answer(model, rows, call)
        return Reply(200, encode(answered, field), headers=answered_by(model.version, model.variant))

    async def ping(_: Call) -> Reply:
        return Reply(200 if state.ready else 503, b"\n")

    async def version(_: Call) -> Reply:
        return Reply(200, MLFLOW_VERSION.encode())

    return [
        Route("/invocations", {"POST": invocations}, refuse, "predict"),
        Route("/ping", {"GET": ping}, refuse),
        Route("/version", {"GET": version}, refuse),
    ]


def refuse(error: ApiError, _request_id: str) -> Reply:
    """An error in the shape of this protocol."""
    status, body = error_body(error)
    return Reply(status, body, headers=headers_of(error))
