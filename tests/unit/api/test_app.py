"""The application over HTTP, in this process: what each address answers, and what it refuses how."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from api.errors import ApiError, ForbiddenError, MethodNotAllowedError, UnauthorizedError
from api.http.exchange import Reply
from api.http.problem import problem
from api.http.routing import Route
from api.settings import Settings
from tests.support.bundles import FLOWERS, IRIS, make_bundle, write_policy
from tests.support.journals import records

ROW = dict(zip(IRIS, (5.1, 3.5, 1.4, 0.2), strict=True))
JSON = {"content-type": "application/json"}


def metric(client: TestClient, name: str) -> float:
    """The value of the one series written exactly like ``name``."""
    lines = client.get("/metrics").text.splitlines()
    return float(next(line.rpartition(" ")[2] for line in lines if line.rpartition(" ")[0] == name))


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


def test_another_method_is_told_the_right_one(client: TestClient) -> None:
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


def test_without_a_model_it_lives_is_not_ready_and_sheds(
    settings: Settings, start: Callable[[Settings], TestClient]
) -> None:
    client = start(settings)
    assert client.get("/health/live").status_code == 200
    for path in ("/health", "/health/ready"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["model_loaded"]) == (503, False)
    for path in ("/predict", "/predict/batch", "/feedback"):
        answer = client.post(path, json=ROW)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert client.get("/model").status_code == 503
    assert client.get("/openapi.json").status_code == 200
    assert metric(client, 'requests_shed_total{reason="no_model"}') == 4


def test_without_a_journal_nothing_is_answered_until_it_works_again(
    serving: Path, settings: Settings, start: Callable[[Settings], TestClient]
) -> None:
    assert serving.is_dir()
    settings.journal_dir.write_text("a file where the folder should be")
    client = start(settings)
    answer = client.post("/predict", json=ROW)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert "audit" in answer.json()["detail"]
    assert client.get("/health").json() == {
        "ok": False, "model_loaded": True, "journal_writable": False, "draining": False,
        "model_path": str(next((serving / "bundles").iterdir()) / "model.onnx"),
        "models": [{"variant": "production", "version": "1"}], "counted_out": [], "refused": [], "unserved": [],
    }  # fmt: skip
    assert metric(client, 'predict_latency_seconds_count{variant="production",version="1"}') == 0
    settings.journal_dir.unlink()
    assert client.post("/predict", json=ROW).status_code == 200
    assert client.get("/health").status_code == 200


def test_draining_turns_readiness_and_nothing_else(client: TestClient) -> None:
    client.app.drain()  # type: ignore[attr-defined]
    assert client.get("/health/ready").status_code == 503
    assert client.get("/health/live").status_code == 200
    assert client.post("/predict", json=ROW).status_code == 200


def test_an_unexpected_failure_is_a_problem_with_an_id_and_a_traceback_in_the_log(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    client.app._hot.add(Route("/boom", {"POST": _boom}))  # type: ignore[attr-defined]
    answer = client.post("/boom", json=ROW, headers={"x-request-id": "boom-1"})
    assert answer.status_code == 500
    assert answer.json()["request_id"] == "boom-1"
    assert "secret" not in answer.text
    (event,) = [entry for entry in caplog.records if entry.levelname == "ERROR"]
    assert event.exc_info is not None
    assert metric(client, 'http_requests_total{method="POST",route="/boom",status="500"}') == 1


async def _boom(_: object) -> Reply:
    raise RuntimeError("a secret")


def test_requests_are_counted_by_template_and_unknown_paths_together(client: TestClient) -> None:
    for number in range(100):
        client.get(f"/nothing/{number}")
        client.request(f"METHOD{number}", "/model")
    client.get("/docs/swagger-ui.css")
    client.post("/predict", json=ROW)
    text = client.get("/metrics").text
    series = {line.rpartition(" ")[0] for line in text.splitlines() if line.startswith("http_requests_total")}
    assert series == {
        'http_requests_total{method="GET",route="unmatched",status="404"}',
        'http_requests_total{method="other",route="/model",status="405"}',
        'http_requests_total{method="GET",route="/docs/{file}",status="200"}',
        'http_requests_total{method="POST",route="/predict",status="200"}',
    }


def test_values_are_counted_in_the_bins_of_the_training_data_closed_on_the_right(client: TestClient) -> None:
    values = [1.0, 2.0, 2.1, 4.0, 4.1]
    for value in values:
        client.post("/predict", json={**ROW, "sepal_width_cm": value})
    rows = [{**ROW, "sepal_width_cm": value} for value in values * 20]
    client.post("/predict/batch", json={"rows": rows})
    bins = [
        metric(client, f'feature_observations_total{{bin="{label}",feature="sepal_width_cm",version="1"}}')
        for label in ("(-inf, 2]", "(2, 4]", "(4, inf)")
    ]
    assert bins == [42, 42, 21]
    answered = sum(
        metric(client, f'predictions_total{{label="{name}",variant="production",version="1"}}') for name in FLOWERS
    )
    assert answered == 105


def test_two_applications_in_one_process_do_not_share_anything(
    client: TestClient, settings: Settings, tmp_path: Path, start: Callable[[Settings], TestClient]
) -> None:
    other = start(settings.model_copy(update={"journal_dir": tmp_path / "other"}))
    client.post("/predict", json=ROW)
    assert metric(client, "predict_requests_total") == 1
    assert metric(other, "predict_requests_total") == 0


def test_the_description_is_that_of_the_served_model_and_its_example_runs(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    assert list(document["components"]["schemas"]["Row"]["properties"]) == list(IRIS)
    assert document["components"]["schemas"]["Row"]["additionalProperties"] is False
    for path in ("/predict", "/predict/batch", "/feedback"):
        operation = document["paths"][path]["post"]
        example = operation["requestBody"]["content"]["application/json"]["example"]
        assert str(client.post(path, json=example).status_code) in operation["responses"]
        assert client.post(path, json=example).is_success
    assert {"/model", "/health", "/health/live", "/health/ready", "/metrics"} < document["paths"].keys()


def test_the_docs_page_needs_nothing_from_elsewhere(client: TestClient) -> None:
    page = client.get("/docs").text
    assert "http" not in page
    for file in ("swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png", "start.js"):
        assert f"/docs/{file}" in page
        assert client.get(f"/docs/{file}").status_code == 200


def test_the_model_page_says_what_is_served(client: TestClient) -> None:
    model = client.get("/model").json()
    assert model["version"] == "1"
    assert [feature["name"] for feature in model["features"]] == list(IRIS)
    assert model["quality"]["accuracy"] == 0.9
    assert model["provenance"]["data_sha256"] == "0" * 64


def test_the_model_page_says_what_the_gate_said_of_each_version(client: TestClient, settings: Settings) -> None:
    model = client.get("/model").json()
    assert [model["verdict"], *(variant["verdict"] for variant in model["variants"])] == [None, None]
    serving = settings.serving_dir
    write_policy(
        serving,
        2,
        None,
        production={"version": "2", "bundle": make_bundle(serving, tilt=1.0), "verdict": "passed"},
        canary={"version": "3", "bundle": make_bundle(serving, tilt=2.0), "verdict": "failed", "percent": 5},
    )
    for _ in range(500):
        model = client.get("/model").json()
        if len(model["variants"]) == 2:
            break
    assert model["verdict"] == "passed"
    assert {variant["version"]: variant["verdict"] for variant in model["variants"]} == {"2": "passed", "3": "failed"}


def test_metrics_say_which_version_is_loaded(client: TestClient, settings: Settings) -> None:
    assert metric(client, 'model_info{variant="production",version="1"}') == 1
    write_policy(settings.serving_dir, 2, make_bundle(settings.serving_dir, tilt=1.0), version="2")
    for _ in range(500):
        if client.get("/model").json()["version"] == "2":
            break
    assert metric(client, 'model_info{variant="production",version="1"}') == 0
    assert metric(client, 'model_info{variant="production",version="2"}') == 1


def test_every_address_is_described_and_the_examples_of_all_protocols_run(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    served = {*client.app._hot.templates(), *document["paths"]}  # type: ignore[attr-defined]
    assert served == set(document["paths"])
    asked = 0
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            values = {parameter["name"]: parameter["example"] for parameter in operation.get("parameters", ())
                      if parameter["in"] == "path"}  # fmt: skip
            for kind, content in operation.get("requestBody", {}).get("content", {}).items():
                example = content.get("example", content["schema"].get("example"))
                if example is None or path == "/feedback":
                    continue
                raw = example if isinstance(example, str) else orjson.dumps(example)
                answer = client.post(path.format(**values), content=raw, headers={"content-type": kind})
                assert answer.status_code == 200, f"{path} {kind}: {answer.text}"
                asked += 1
            if method == "get":
                assert client.get(path.format(**values), follow_redirects=True).status_code == 200, path
    assert asked == 7


def test_every_operation_has_a_name_a_tag_words_and_an_example(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    found = [operation for operations in document["paths"].values() for operation in operations.values()]
    for operation in found:
        name = operation["operationId"]
        assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name), name
        assert not name.endswith(("_get", "_post")), f"{name} was made up by the framework"
        assert operation["summary"], name
        assert operation["description"].endswith("."), name
        assert len(operation["tags"]) == 1, name
        replies = [reply for status, reply in operation["responses"].items() if status.startswith("2")]
        bodies = [*replies, operation.get("requestBody", {})]
        contents = [content for body in bodies for content in body.get("content", {}).values()]
        assert any("example" in content for content in contents), name
    assert len({operation["operationId"] for operation in found}) == len(found)


def test_the_examples_of_answers_have_the_fields_of_real_answers(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    compared = 0
    for path, operations in document["paths"].items():
        example = operations.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        shown = example.get("application/json", {}).get("example")
        if isinstance(shown, dict) and "{" not in path:
            real = client.get(path).json()
            assert shown.keys() <= real.keys(), path
            compared += 1
    answered = client.post("/predict", json=ROW).json()
    shown = document["paths"]["/predict"]["post"]["responses"]["200"]["content"]["application/json"]["example"]
    assert shown.keys() == answered.keys()
    assert compared >= 8


def test_health_names_the_file_of_the_served_model(serving: Path, client: TestClient) -> None:
    told = client.get("/health").json()
    assert told["model_path"] == f"{serving}/bundles/{client.get('/model').json()['bundle']}/model.onnx"
    assert Path(told["model_path"]).is_file()


def test_health_names_no_file_without_a_model(settings: Settings, start: Callable[[Settings], TestClient]) -> None:
    told = start(settings).get("/health").json()
    assert (told["model_loaded"], told["model_path"], told["unserved"]) == (False, None, [])


def test_health_model_and_playground_say_which_version_an_alias_names_that_does_not_serve(
    serving: Path, client: TestClient
) -> None:
    assert client.get("/health").json()["unserved"] == []
    named = {"production": {"version": "7", "refused": "no tag `bundle`"}, "canary": {"version": "8"}}
    (serving / "aliases.json").write_bytes(orjson.dumps({"format": 1, "model": "iris_clf", **named}))
    expected = [
        {"alias": "production", "version": "7", "serves": "1", "why": "no tag `bundle`"},
        {"alias": "canary", "version": "8", "serves": None, "why": None},
    ]
    for path in ("/health", "/model", "/playground/model.json"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["unserved"]) == (200, expected)
    (serving / "aliases.json").write_bytes(
        orjson.dumps({"format": 1, "model": "iris_clf", "production": {"version": "1"}})
    )
    assert client.get("/health").json()["unserved"] == []


@pytest.mark.parametrize("path", ["/predict/", "/health/live/", "/model/", "/docs/", "/v2/"])
def test_a_slash_at_the_end_of_an_address_changes_nothing(client: TestClient, path: str) -> None:
    answer = client.post(path, json=ROW) if path == "/predict/" else client.get(path)
    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/predict", "/invocations"])
def test_a_byte_order_mark_before_json_is_passed_over(client: TestClient, path: str) -> None:
    body = json.dumps(ROW if path == "/predict" else {"dataframe_records": [ROW]}).encode()
    assert client.post(path, content=b"\xef\xbb\xbf" + body, headers=JSON).status_code == 200
