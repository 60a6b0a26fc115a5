"""The page at / without a browser: its files, its data, and that it can only ask this api."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError
from starlette.testclient import TestClient

import api
from api.access.keys import Keys, write_keys
from api.settings import Settings
from tests.support.bundles import FLOWERS, IRIS

FOLDER = Path(api.__file__).parent / "playground"
ELSEWHERE = re.compile(r"https?:(?!//www\.w3\.org/)")


def test_the_page_and_everything_it_names_is_served_from_here(client: TestClient) -> None:
    page = client.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    named = re.findall(r'(?:href|src)="(/[^"]*)"', page.text)
    assert [re.sub("-[0-9a-f]{16}", "", name) for name in named if re.search(r"\.(css|js)$", name)] == [
        "/playground/index.css",
        "/playground/index.js",
    ]
    for path in {*named} - {"/playground/model.json"}:
        assert client.get(path).status_code == 200, path
        assert client.get(path).headers["x-content-type-options"] == "nosniff"


def test_where_keys_are_asked_for_no_number_is_asked_for_before_there_is_one(
    settings: Settings, start: Callable[[Settings], TestClient], tmp_path: Path
) -> None:
    write_keys(tmp_path / "keys.json", Keys(keys=()))
    for keys, times in ((None, 1), (tmp_path / "keys.json", 0)):
        client = start(settings.model_copy(update={"api_keys_file": keys}))
        for path in ("/", "/status"):
            assert client.get(path).text.count('rel="preload"') == times, path


def test_addresses_stand_behind_the_prefix_of_a_proxy(client: TestClient) -> None:
    page = client.get("/", headers={"x-forwarded-prefix": "/iris"})
    assert page.headers["vary"] == "x-forwarded-prefix"
    assert set(re.findall(r'(?:href|src)="(/[^/"]*)', page.text)) == {"/iris"}


@pytest.mark.parametrize(("path", "most"), [("/", 80_000), ("/status", 40_000)])
def test_a_page_with_all_that_it_loads_is_small(client: TestClient, path: str, most: int) -> None:
    page = client.get(path).text
    files = {f"/playground/{name}" for name in re.findall(r'"/playground/([^"/]+\.(?:js|css|svg))"', page)}
    assert len(files) == 3
    assert len(page.encode()) + sum(len(client.get(file).raise_for_status().content) for file in files) < most


def test_no_page_needs_anything_from_elsewhere() -> None:
    assert [file.name for file in FOLDER.iterdir() if ELSEWHERE.search(file.read_text())] == []


def test_nothing_is_ever_read_as_markup() -> None:
    assert (
        re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|Function\(", _sources("*.js")) == []
    )


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_pages_run_only_scripts_of_their_own(client: TestClient, path: str) -> None:
    answer = client.get(path)
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert (policy["default-src"], policy["script-src"], policy["frame-ancestors"]) == ("'none'", "'self'", "'none'")
    assert re.findall(r"<script(?![^>]*src=)|\son[a-z]+=", answer.text) == []
    if path == "/":
        assert policy["style-src"] == "'self'"
        assert re.findall(r"<style|\sstyle=", answer.text) == []


def test_it_gets_features_training_rows_and_samples_of_the_served_model(client: TestClient) -> None:
    body = client.get("/playground/model.json").json()
    card = client.get("/model").json()
    assert body["model"] == card
    assert set(body["reference"]["features"]) == set(IRIS)
    assert set(body["reference"]["classes"]) == set(FLOWERS)
    for sample in body["samples"]:
        assert list(sample["values"]) == list(IRIS)
        assert client.post("/predict", json=sample["values"]).json()["label_name"] == sample["answer"]
    assert body["limits"] == {"rows": 100, "body_bytes": 10_000}
    assert body["links"] == [{"name": "Status", "url": "/status"}, {"name": "Swagger", "url": "/docs"}]


def test_the_page_shows_when_there_is_no_model(settings: Settings, start: Callable[[Settings], TestClient]) -> None:
    answer = start(settings).get("/playground/model.json")
    assert answer.status_code == 200
    assert answer.json()["model"] is None


def test_links_are_those_of_the_setting(
    settings: Settings, serving: Path, start: Callable[[Settings], TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINKS", '{"Grafana": "http://127.0.0.1:3000"}')
    linked = start(settings.model_copy(update={"links": Settings().links}))
    assert linked.get("/playground/model.json").json()["links"][2:] == [
        {"name": "Grafana", "url": "http://127.0.0.1:3000/"}
    ]
    monkeypatch.setenv("LINKS", '{"Grafana": "javascript:alert(1)"}')
    with pytest.raises(ValidationError, match="URL scheme"):
        Settings()


def test_both_pages_link_to_the_card_of_the_version_that_serves(
    settings: Settings, serving: Path, start: Callable[[Settings], TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINKS", '{"MLflow": "http://127.0.0.1:5001/mlflow/"}')
    linked = start(settings.model_copy(update={"links": Settings().links}))
    page = linked.get("/playground/model.json").json()
    card = f"http://127.0.0.1:5001/mlflow/#/models/{page['model']['name']}/versions/{page['model']['version']}"
    assert {"name": "Card", "url": card} in page["links"]
    assert linked.get("/status.json").json()["links"]["Card"] == card


@pytest.mark.parametrize(
    "name", ["settings.py", "..%2fsettings.py", "%2e%2e/app.py", "nothing.js", "dom.js", "index.html"]
)
def test_nothing_else_is_served_from_its_folder(client: TestClient, name: str) -> None:
    assert client.get(f"/playground/{name}").status_code == 404


def _sources(pattern: str) -> str:
    return "\n".join(file.read_text() for file in sorted(FOLDER.glob(pattern)))
