"""Requests that a web page makes somebody's browser send: refused by real workers, whatever the address."""

import asyncio
import contextlib
import json
from collections.abc import Iterator

import pytest

from tests.support.apis import ROW, Api, running_api
from tests.support.bundles import IRIS, make_bundle, write_policy
from tests.torture.raw import connect, one

INFER = "/v2/models/iris_clf/infer"
TENSOR = {"name": "features", "shape": [1, 4], "datatype": "FP64", "data": list(ROW.values())}
BODIES = {
    "/predict": json.dumps(ROW),
    "/predict/batch": json.dumps({"rows": [ROW]}),
    "/invocations": json.dumps({"dataframe_records": [ROW]}),
    INFER: json.dumps({"inputs": [TENSOR]}),
    "/feedback": json.dumps({"prediction_id": "01936d5a-0000-7000-8000-000000000000", "label": "setosa"}),
}
PAGES = [
    "/",
    "/docs",
    "/openapi.json",
    "/model",
    "/health",
    "/health/live",
    "/metrics",
    "/v2",
    "/ping",
    "/nothing-here",
]
JSON = {"content-type": "application/json"}
FORM_TYPES = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain;application/json"]


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("cross-site")
    write_policy(folder / "serving", 1, make_bundle(folder / "serving"), "1")
    with running_api(folder, API_WORKERS="1", ALLOWED_HOSTS="iris.example.org") as running:
        yield running


def answered(api: Api) -> float:
    return api.total("predictions_total")


@pytest.mark.parametrize("path", [*PAGES, *BODIES])
def test_a_name_that_was_pointed_here_is_refused_everywhere_and_the_setting_is_named(api: Api, path: str) -> None:
    before = answered(api)
    for host in ("evil.example", "evil.example:8000", "127.0.0.1.evil.example"):
        headers = {**JSON, "host": host}
        body = BODIES.get(path)
        answer = (
            api.client.get(f"{api.url}{path}", headers=headers)
            if body is None
            else api.client.post(f"{api.url}{path}", content=body, headers=headers)
        )
        assert answer.status_code == 403
        assert "ALLOWED_HOSTS" in answer.text
        assert "evil" not in answer.text
    assert answered(api) == before


@pytest.mark.parametrize("host", ["localhost", "api:8000", "172.20.0.3:8000", "[::1]:8000", "iris.example.org"])
def test_the_names_it_goes_by_are_let_in(api: Api, host: str) -> None:
    assert api.client.get(f"{api.url}/metrics", headers={"host": host}).status_code == 200
    assert api.client.post(f"{api.url}/predict", json=ROW, headers={"host": host}).status_code == 200


@pytest.mark.parametrize("path", BODIES)
def test_a_page_of_another_origin_can_write_nothing(api: Api, path: str) -> None:
    before = answered(api)
    for origin in ("null", "https://evil.example", "http://127.0.0.1:1"):
        answer = api.client.post(f"{api.url}{path}", content=BODIES[path], headers={**JSON, "origin": origin})
        assert answer.status_code == 403
        assert "ALLOWED_ORIGINS" in answer.text
    assert answered(api) == before
    own = api.client.post(f"{api.url}{path}", content=BODIES[path], headers={**JSON, "origin": api.url})
    assert own.status_code != 403


@pytest.mark.parametrize("kind", FORM_TYPES)
@pytest.mark.parametrize("path", BODIES)
def test_a_body_of_a_type_that_any_page_can_send_is_refused_and_the_right_one_is_named(
    api: Api, path: str, kind: str
) -> None:
    answer = api.client.post(f"{api.url}{path}", content=BODIES[path], headers={"content-type": kind})
    assert answer.status_code == 415
    assert "application/json" in answer.text


@pytest.mark.parametrize("headers", [{}, JSON, {"content-type": "application/octet-stream"}])
def test_v2_takes_what_its_clients_send(api: Api, headers: dict[str, str]) -> None:
    assert api.client.post(f"{api.url}{INFER}", content=BODIES[INFER], headers=headers).status_code == 200


def test_a_request_without_a_host_is_one_of_http_1_0(api: Api) -> None:
    async def ask(version: str) -> int:
        body = one(**{IRIS[0]: 5.0})
        head = f"POST /predict HTTP/{version}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        with contextlib.closing(await connect(api)) as client:
            return (await client.ask(head.encode() + body)).status

    assert asyncio.run(ask("1.0")) == 200
    assert asyncio.run(ask("1.1")) == 400
