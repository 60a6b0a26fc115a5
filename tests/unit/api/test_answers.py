"""The hot routes in this process: answers, their records, and the requests that are refused."""

import json
from collections.abc import Iterator

import orjson
import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from api.access.errors import ForbiddenError, UnauthorizedError
from api.errors import ApiError, MethodNotAllowedError
from api.http.problem import problem
from api.settings import Settings
from tests.support.bundles import FLOWERS, IRIS
from tests.support.journals import records
from tests.support.scrapes import metric

ROW = dict(zip(IRIS, (5.1, 3.5, 1.4, 0.2), strict=True))
JSON = {"content-type": "application/json"}


def test_an_answer_is_in_the_journal_with_the_same_numbers(client: TestClient, settings: Settings) -> None:
    answer = client.post("/predict", json=ROW, headers={"x-request-id": "me-1"})
    assert answer.status_code == 200
    assert answer.headers["x-request-id"] == "me-1"
    body = answer.json()
    assert (body["label_id"], body["label_name"]) == (0, "setosa")
    assert body["label_name"] == max(body["probabilities"], key=body["probabilities"].get)
    assert sum(body["probabilities"].values()) == pytest.approx(1)
    (record,) = records(settings.journal_dir)
    assert record["ids"] == [body["prediction_id"]]
    assert record["rows"] == [list(ROW.values())]
    assert record["probabilities"] == [list(body["probabilities"].values())]
    assert record["request_id"] == "me-1"
    assert {key: record[key] for key in ("version", "variant", "bundle")} == {
        key: body["model"][key] for key in ("version", "variant", "bundle")
    }
    assert (record["at"], record["latency_ms"]) == (body["timestamp"], body["latency_ms"])


@pytest.mark.parametrize("rows", [1, 64, 65, 100])
def test_a_batch_is_answered_in_order_and_is_one_record(client: TestClient, settings: Settings, rows: int) -> None:
    batch = [{**ROW, "petal_length_cm": float(1 + number % 7)} for number in range(rows)]
    body = client.post("/predict/batch", json={"rows": batch}).json()
    single = [client.post("/predict", json=row).json()["probabilities"] for row in batch[:7]]
    assert [pytest.approx(s) for s in single] == [p["probabilities"] for p in body["predictions"][:7]]
    record = records(settings.journal_dir)[0]
    assert record["ids"] == [prediction["prediction_id"] for prediction in body["predictions"]]
    assert len(set(record["ids"])) == rows
    assert record["rows"] == [list(row.values()) for row in batch]


@pytest.mark.parametrize("path", ["/", "/predict", "/nothing-here"])
def test_a_websocket_that_another_server_lets_through_is_closed(client: TestClient, path: str) -> None:
    with pytest.raises(WebSocketDisconnect), client.websocket_connect(path):
        pass


def test_a_value_out_of_range_is_answered_flagged_and_counted(client: TestClient) -> None:
    body = client.post("/predict", json={**ROW, "petal_width_cm": 10.5}).json()
    assert body["warnings"] == [{"feature": "petal_width_cm", "value": 10.5, "minimum": 0, "maximum": 10}]
    assert client.post("/predict", json={**ROW, "petal_width_cm": 10}).json()["warnings"] == []
    assert metric(client, 'out_of_range_total{feature="petal_width_cm"}') == 1


def test_feedback_is_taken_and_journalled(client: TestClient, settings: Settings) -> None:
    id_ = client.post("/predict", json=ROW).json()["prediction_id"]
    answer = client.post("/feedback", json={"items": [{"prediction_id": id_, "label": name} for name in FLOWERS]})
    assert answer.status_code == 202
    taken = [record for record in records(settings.journal_dir) if record["kind"] == "feedback"]
    assert [(r["id"], r["prediction_id"], r["label"], r["source"]) for r in taken] == [
        (one, id_, name, "api") for one, name in zip(answer.json()["ids"], FLOWERS, strict=True)
    ]


@pytest.mark.parametrize(
    ("path", "body", "headers", "status"),
    [
        ("/predict", orjson.dumps({**ROW, "more": 1}), JSON, 422),
        ("/predict", b"", JSON, 422),
        ("/predict", b'{"sepal_length_cm": NaN}', JSON, 422),
        ("/predict", b"\xff", JSON, 422),
        ("/predict", b"[" * 9_000, JSON, 422),
        ("/predict", orjson.dumps(ROW), {"content-type": "text/plain"}, 415),
        ("/predict", orjson.dumps(ROW), {}, 415),
        ("/predict", orjson.dumps(ROW), {**JSON, "content-encoding": "br"}, 415),
        ("/predict", b" " * 10_001, JSON, 413),
        ("/predict", orjson.dumps(ROW), {**JSON, "content-length": "9" * 30}, 413),
        ("/predict", orjson.dumps(ROW), {**JSON, "content-length": "-1"}, 400),
        ("/predict/batch", b'{"rows": []}', JSON, 422),
        ("/predict/batch", orjson.dumps({"rows": [dict.fromkeys(IRIS, 1)] * 101}), JSON, 413),
        ("/feedback", b'{"items": [null]}', JSON, 422),
        ("/nothing-here", b"{}", JSON, 404),
        ("/model", b"{}", JSON, 405),
        ("/docs/../etc/passwd", b"", JSON, 404),
    ],
)
def test_what_can_not_be_answered_is_a_problem(
    client: TestClient, settings: Settings, path: str, body: bytes, headers: dict[str, str], status: int
) -> None:
    answer = client.post(path, content=body, headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    content = answer.json()
    assert content["status"] == status
    assert content["type"].startswith("urn:mlops-iris:problem:")
    assert content["request_id"] == answer.headers["x-request-id"]
    assert bool(content.get("errors")) == (status == 422)
    assert records(settings.journal_dir) == []


def test_a_body_is_counted_while_it_streams(client: TestClient) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(200):
            yield b" " * 100

    assert client.post("/predict", content=chunks(), headers=JSON).status_code == 413


def test_another_method_learns_the_right_one(client: TestClient) -> None:
    answer = client.get("/predict")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert client.head("/predict").content == b""


@pytest.mark.parametrize(
    "path", ["/model", "/health", "/health/live", "/metrics", "/docs", "/openapi.json", "/nothing"]
)
def test_head_answers_what_get_answers_without_the_body(client: TestClient, path: str) -> None:
    answer, asked = client.get(path), client.head(path)
    assert asked.status_code == answer.status_code
    assert asked.headers["content-type"] == answer.headers["content-type"]
    assert asked.content == b""
    route = path if path != "/nothing" else "unmatched"
    assert metric(client, f'http_requests_total{{method="HEAD",route="{route}",status="{answer.status_code}"}}') == 1


@pytest.mark.parametrize("error", [c for c in ApiError.__subclasses__() if c is not MethodNotAllowedError])
def test_every_error_has_one_shape(error: type[ApiError]) -> None:
    reply = problem(error(), "id-1")
    content = orjson.loads(reply.body)
    assert content.keys() == {"type", "title", "status", "detail", "request_id"}
    assert content["status"] == reply.status == error.status
    assert content["detail"] == error.__doc__
    assert (error.status in (429, 503)) == (b"retry-after" in dict(reply.headers))
    assert (error in (UnauthorizedError, ForbiddenError)) == (b"www-authenticate" in dict(reply.headers))


def test_an_id_that_could_break_a_log_is_replaced(client: TestClient) -> None:
    for bad in ("a b", "x" * 129, 'a"b', "a/../b"):
        assert client.get("/health/live", headers={"x-request-id": bad}).headers["x-request-id"] != bad


@pytest.mark.parametrize("path", ["/predict/", "/health/live/", "/model/", "/docs/", "/v2/"])
def test_a_slash_at_the_end_of_an_address_changes_nothing(client: TestClient, path: str) -> None:
    answer = client.post(path, json=ROW) if path == "/predict/" else client.get(path)
    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/predict", "/invocations"])
def test_a_byte_order_mark_before_json_is_passed_over(client: TestClient, path: str) -> None:
    body = json.dumps(ROW if path == "/predict" else {"dataframe_records": [ROW]}).encode()
    assert client.post(path, content=b"\xef\xbb\xbf" + body, headers=JSON).status_code == 200
