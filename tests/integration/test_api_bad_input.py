"""Everything a client can get wrong, sent to a real server: 4xx as a problem document, and the server goes on."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.apis import ROW, Api, running_api
from tests.support.bundles import make_bundle, write_policy
from tests.support.journals import records

GOOD = json.dumps(ROW)
BAD_VALUES = ["NaN", "Infinity", "-Infinity", "1e999", "1e39", '"5.1"', "true", "null", "[]", "9" * 4000, "9" * 5000]
BAD_BODIES = {
    "unknown field": GOOD.replace("{", '{"more": 1, ').encode(),
    "unknown field holding NaN": GOOD.replace("{", '{"more": NaN, ').encode(),
    "missing field": b'{"sepal_length_cm": 5.1}',
    "lone surrogate as a key": GOOD.replace("{", '{"\\ud800": 1, ').encode(),
    "lone surrogate as a value": GOOD.replace("5.1", '"\\ud800"').encode(),
    "invalid UTF-8": b'{"\xff\xfe": 1}',
    "UTF-16": GOOD.encode("utf-16"),
    "NUL": b"\x00",
    "depth 100,000": b"[" * 100_000,
    "depth 100,000 of objects": b'{"a":' * 100_000,
    "empty": b"",
    "two documents": GOOD.encode() * 2,
    **{f"a value of {value[:10]}": GOOD.replace("5.1", value).encode() for value in BAD_VALUES},
}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder: Path = tmp_path_factory.mktemp("api")
    write_policy(folder / "serving", 1, make_bundle(folder / "serving"), "1")
    with running_api(folder, MAX_BODY_BYTES="1000000") as running:
        pids = {worker.pid for worker in running.workers()}
        yield running
        assert {worker.pid for worker in running.workers()} == pids
        assert records(running.journal) == []


@pytest.mark.parametrize("name", BAD_BODIES)
def test_a_bad_body_is_a_422_that_names_a_field(api: Api, name: str) -> None:
    for path in ("/predict", "/predict/batch", "/feedback"):
        answer = api.client.post(
            f"{api.url}{path}", content=BAD_BODIES[name], headers={"content-type": "application/json"}
        )
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["errors"][0]["field"]
        assert len(answer.content) < 5_000


def test_a_body_over_the_limit_is_refused_by_its_length_and_while_it_streams(api: Api) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(30):
            yield b" " * 100_000

    headers = {"content-type": "application/json"}
    for content in (b" " * 1_000_001, b" " * 20_000_000, chunks()):
        answer = api.client.post(f"{api.url}/predict", content=content, headers=headers)
        assert (answer.status_code, answer.json()["status"]) == (413, 413)


def test_a_batch_over_the_limit_is_413(api: Api) -> None:
    rows = [dict.fromkeys(ROW, 1)] * 10_001
    content = json.dumps({"rows": rows}, separators=(",", ":")).encode()
    answer = api.client.post(f"{api.url}/predict/batch", content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 413


def test_a_length_that_is_too_long_is_answered_without_waiting_for_the_body(api: Api) -> None:
    port = int(api.url.rpartition(":")[2])
    head = b"POST /predict HTTP/1.1\r\nHost: api\r\nContent-Type: application/json\r\nContent-Length: 999999999\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(head)
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


def test_a_client_that_leaves_in_the_middle_of_its_body_leaves_no_trace_but_a_count(api: Api) -> None:
    port = int(api.url.rpartition(":")[2])
    head = b"POST /predict HTTP/1.1\r\nHost: api\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(head)
    gone = 'http_requests_total{method="POST",route="/predict",status="499"}'
    api.server.wait_until(lambda: api.metrics().get(gone) == 1, "the lost request is counted")
