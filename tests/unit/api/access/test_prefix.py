"""The service behind a path of a proxy: its pages, links and description begin with it, and nothing else gets in."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError
from starlette.testclient import TestClient

from api.access.prefix import below, prefix_of, read_root
from api.settings import Settings
from tests.support.bundles import IRIS

ROW = dict(zip(IRIS, (5.1, 3.5, 1.4, 0.2), strict=True))
GOOD = ["/iris", "/a/b-c/d.e_f~1", "/v1"]
BAD = [
    "iris", "//evil.example", "/a//b", "/../etc", "/a/..", "/.hidden", '/a"><script>', "/a b", "/a?b", "/a#b", "/%2e",
    "https://evil.example", "/\\evil", "/a\n", "/é", "/" + "a" * 65, "/a" * 9, "/a:b", "/a;b", "/a@b", "javascript:x",
]  # fmt: skip


@pytest.fixture
def behind(serving: Path, settings: Settings, start: Callable[[Settings], TestClient]) -> TestClient:
    assert serving.is_dir()
    return start(settings.model_copy(update={"root_path": "/iris"}))


def links(client: TestClient, path: str, headers: dict[str, str]) -> set[str]:
    """What a page names on this service."""
    return set(re.findall(r'(?:href|src)="(/[^"]*)"', client.get(path, headers=headers).text))


@pytest.mark.parametrize("path", ["/", "/docs"])
@pytest.mark.parametrize("prefix", [*GOOD, "/iris/"])
def test_a_page_names_its_files_behind_the_prefix_of_the_proxy(client: TestClient, path: str, prefix: str) -> None:
    plain, found = links(client, path, {}), links(client, path, {"x-forwarded-prefix": prefix})
    assert found == {prefix.rstrip("/") + link for link in plain}
    assert client.get(path).headers["vary"] == "x-forwarded-prefix"


@pytest.mark.parametrize("path", ["/", "/docs", "/openapi.json", "/playground/model.json"])
@pytest.mark.parametrize("prefix", [one for one in BAD if one.isascii() and "\n" not in one])
def test_a_header_that_is_no_plain_path_changes_nothing(client: TestClient, path: str, prefix: str) -> None:
    assert client.get(path, headers={"x-forwarded-prefix": prefix}).content == client.get(path).content


def test_links_and_the_description_begin_with_the_prefix(client: TestClient) -> None:
    headers = {"x-forwarded-prefix": "/iris"}
    assert client.get("/openapi.json", headers=headers).json()["servers"] == [{"url": "/iris"}]
    assert "servers" not in client.get("/openapi.json").json()
    assert client.get("/playground/model.json", headers=headers).json()["links"][0]["url"] == "/iris/status"


def test_the_operators_setting_counts_before_the_header(behind: TestClient) -> None:
    headers = {"x-forwarded-prefix": "/other"}
    assert all(link.startswith("/iris/") for link in links(behind, "/", headers) | links(behind, "/docs", headers))
    assert behind.get("/openapi.json", headers=headers).json()["servers"] == [{"url": "/iris"}]
    assert behind.get("/playground/model.json", headers=headers).json()["links"][0]["url"] == "/iris/status"


@pytest.mark.parametrize("path", ["/predict", "/iris/predict", "/iris/predict/"])
def test_a_proxy_may_leave_the_prefix_in_the_request_or_take_it_away(behind: TestClient, path: str) -> None:
    assert behind.post(path, json=ROW).status_code == 200


@pytest.mark.parametrize("path", ["/iris", "/iris/", "/iris/docs", "/iris/health/live", "/iris/v2", "/model"])
def test_all_addresses_are_there_behind_the_setting(behind: TestClient, path: str) -> None:
    assert behind.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/irises", "/iris2/predict", "/iris/iris/model"])
def test_nothing_else_is_taken_for_the_prefix(behind: TestClient, path: str) -> None:
    assert behind.get(path).status_code == 404


@pytest.mark.parametrize("text", BAD)
def test_a_setting_that_is_no_path_is_refused_by_name(text: str) -> None:
    assert prefix_of(text, "") == ""
    if text != "/a\n":  # white space around a setting is passed over
        with pytest.raises(ValidationError, match="ROOT_PATH"):
            Settings(root_path=text)


def test_a_prefix_is_kept_without_its_last_slash() -> None:
    assert [read_root(text) for text in ("", "/", " /iris/ ")] == ["", "", "/iris"]
    assert (below("/x", ""), below("/iris/x", "/iris"), below("/iris", "/iris")) == ("/x", "/x", "/")
