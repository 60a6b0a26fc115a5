"""The pages that describe the api and its model, for people and for programs."""

import re

import orjson
from starlette.testclient import TestClient

from api.settings import Settings
from tests.support.bundles import IRIS, make_bundle, write_policy
from tests.support.edges import edge_of

PAGES = ("/", "/status", "/playground/{name}")
"""For people; a program has no use for them, so that the description leaves them out."""
ROW = dict(zip(IRIS, (5.1, 3.5, 1.4, 0.2), strict=True))


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


def test_the_model_page_shows_the_gate_s_verdict_on_each_version(client: TestClient, settings: Settings) -> None:
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


def test_every_address_is_described_and_the_examples_of_all_protocols_run(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    hot = edge_of(client)._hot.templates()
    assert {*hot, *document["paths"]} == {*document["paths"], *PAGES}
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
