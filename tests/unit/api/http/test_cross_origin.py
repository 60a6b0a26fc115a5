"""CORS: what a browser is allowed for a page of another origin. Off by default, and never with credentials."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.settings import Settings
from tests.support.bundles import IRIS

PAGE = "https://page.example"
ROW = dict(zip(IRIS, (5.1, 3.5, 1.4, 0.2), strict=True))
PREFLIGHT = {
    "origin": PAGE,
    "access-control-request-method": "POST",
    "access-control-request-headers": "content-type,x-api-key",
}
PATHS = ["/predict", "/predict/batch", "/v2/models/iris_clf/infer", "/invocations", "/model", "/nothing-here"]


@pytest.fixture
def shares(serving: Path, settings: Settings, start: Callable[[Settings], TestClient]) -> Callable[[str], TestClient]:
    assert serving.is_dir()
    return lambda origins: start(settings.model_copy(update={"allowed_origins": origins}))


def allowed(headers: Iterable[str]) -> list[str]:
    return [name for name in headers if name.startswith("access-control-")]


@pytest.mark.parametrize("path", PATHS)
def test_by_default_no_page_of_another_origin_may_ask_or_read(client: TestClient, path: str) -> None:
    asked = client.options(path, headers=PREFLIGHT)
    assert (asked.status_code, allowed(asked.headers)) == (403, [])
    own = client.post(path, json=ROW, headers={"origin": "http://localhost"})
    assert allowed(own.headers) == []
    assert "vary" not in own.headers


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("origins", "named"), [(f"{PAGE},https://other.example", PAGE), ("*", "*")])
def test_a_listed_page_may_ask_by_every_method_that_is_served(
    shares: Callable[[str], TestClient], path: str, origins: str, named: str
) -> None:
    answer = shares(origins).options(path, headers=PREFLIGHT)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["access-control-allow-origin"] == named
    assert answer.headers["access-control-allow-methods"] == "GET, HEAD, POST"
    assert {"content-type", "x-api-key", "authorization", "content-encoding"} <= {
        *answer.headers["access-control-allow-headers"].split(", ")
    }
    assert answer.headers.get("vary") == (None if named == "*" else "origin")
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [("/predict", ROW, 200), ("/predict", {}, 422), ("/predict", None, 405), ("/model", None, 200), ("/no", None, 404)],
)
def test_a_listed_page_may_read_answers_and_refusals(
    shares: Callable[[str], TestClient], path: str, body: object, status: int
) -> None:
    client = shares(PAGE)
    headers = {"origin": PAGE}
    answer = client.get(path, headers=headers) if body is None else client.post(path, json=body, headers=headers)
    assert answer.status_code == status
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert "x-request-id" in answer.headers["access-control-expose-headers"]
    assert answer.headers["vary"] == "origin"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://page.example", "https://page.example:444"])
def test_a_page_that_is_not_listed_is_refused_and_not_repeated(
    shares: Callable[[str], TestClient], origin: str
) -> None:
    client = shares(PAGE)
    for answer in (
        client.options("/predict", headers=PREFLIGHT | {"origin": origin}),
        client.post("/predict", json=ROW, headers={"origin": origin}),
    ):
        assert (answer.status_code, allowed(answer.headers)) == (403, [])
        assert origin not in str(answer.headers)


def test_options_without_a_preflight_is_answered_as_before(shares: Callable[[str], TestClient]) -> None:
    assert shares(PAGE).options("/predict", headers={"origin": PAGE}).status_code == 405
