"""A canary over HTTP, in every protocol: which version answers, and which counters move."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from api.settings import Settings
from tests.support.bundles import IRIS, make_bundle, tiny_parts, write_policy
from tests.support.journals import records

VALUES = [6.5, 3.0, 5.5, 1.8]
ROW = dict(zip(IRIS, VALUES, strict=True))
TABLE = ",".join(IRIS) + "\n" + ",".join(map(str, VALUES)) + "\n"
CSV = {"content-type": "text/csv"}
TENSOR = {"inputs": [{"name": "features", "shape": [1, 4], "datatype": "FP64", "data": VALUES}]}

Ask = Callable[[TestClient, dict[str, str]], Response]
WAYS: dict[str, Ask] = {
    "one": lambda client, headers: client.post("/predict", json=ROW, headers=headers),
    "many": lambda client, headers: client.post("/predict/batch", json={"rows": [ROW]}, headers=headers),
    "csv": lambda client, headers: client.post("/predict/batch", content=TABLE, headers=CSV | headers),
    "v2": lambda client, headers: client.post("/v2/models/iris_clf/infer", json=TENSOR, headers=headers),
    "scoring": lambda client, headers: client.post("/invocations", json={"inputs": ROW}, headers=headers),
    "scoring csv": lambda client, headers: client.post("/invocations", content=TABLE, headers=CSV | headers),
}


def serve(settings: Settings, percent: float, *, canary: str | None = None) -> None:
    folder = settings.serving_dir
    choice = {"version": "2", "bundle": canary or make_bundle(folder, tilt=1.0), "percent": percent}
    write_policy(folder, 1, make_bundle(folder), canary=choice)


@pytest.fixture
def canary(settings: Settings, start: Callable[[Settings], TestClient]) -> Callable[..., TestClient]:
    """Start an application with a canary of so many percent."""

    def started(percent: float, **others: str) -> TestClient:
        serve(settings, percent, **others)
        return start(settings)

    return started


def answered_by(answer: Response) -> tuple[str, str]:
    """Version and variant, from the body's envelope or from the headers."""
    assert answer.status_code == 200, answer.text
    if "x-model-version" in answer.headers:
        return answer.headers["x-model-version"], answer.headers["x-model-variant"]
    model = answer.json()["model"]
    return model["version"], model["variant"]


@pytest.mark.parametrize("way", WAYS)
def test_every_protocol_shares_out_pins_and_tells_who_answered(
    canary: Callable[..., TestClient], settings: Settings, way: str
) -> None:
    client, ask = canary(30), WAYS[way]
    sides = {key: answered_by(ask(client, {"x-routing-key": key})) for key in map(str, range(20))}
    assert set(sides.values()) == {("1", "production"), ("2", "canary")}
    assert sides == {key: answered_by(ask(client, {"x-routing-key": key})) for key in sides}
    assert answered_by(ask(client, {"x-model-version": "1", "x-routing-key": "1"})) == ("1", "production")
    assert answered_by(ask(client, {"x-model-version": "2", "x-routing-key": "1"})) == ("2", "canary")
    kept = [(record["version"], record["variant"]) for record in records(settings.journal_dir)]
    assert kept == [*sides.values(), *sides.values(), ("1", "production"), ("2", "canary")]


@pytest.mark.parametrize("way", WAYS)
def test_a_version_nobody_serves_is_refused_and_the_served_ones_are_named(
    canary: Callable[..., TestClient], settings: Settings, way: str
) -> None:
    answer = WAYS[way](canary(5), {"x-model-version": "99"})
    assert answer.status_code == 404
    assert "iris_clf version 1 (production), iris_clf version 2 (canary)" in answer.text
    assert "99" not in answer.text.replace(answer.headers["x-request-id"], "")
    if way in {"one", "many", "csv"}:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"] == "urn:mlops-iris:problem:version-not-served"
    assert records(settings.journal_dir) == []


def test_the_same_keys_are_on_the_same_side_in_every_protocol(canary: Callable[..., TestClient]) -> None:
    client = canary(40)
    for key in map(str, range(12)):
        assert len({answered_by(ask(client, {"x-routing-key": key})) for ask in WAYS.values()}) == 1


def test_v2_takes_the_version_from_the_address_and_refuses_two_different_ones(
    canary: Callable[..., TestClient],
) -> None:
    client = canary(0)
    path = "/v2/models/iris_clf/versions/{}/infer"
    assert answered_by(client.post(path.format(2), json=TENSOR)) == ("2", "canary")
    assert client.post(path.format(2), json=TENSOR, headers={"x-model-version": "2"}).status_code == 200
    refused = client.post(path.format(2), json=TENSOR, headers={"x-model-version": "1"})
    assert (refused.status_code, "X-Model-Version" in refused.json()["error"]) == (400, True)
    for wrong in ("3", "", "production"):
        assert client.post(path.format(wrong), json=TENSOR).status_code == 404
    assert client.post("/v2/models//infer", json=TENSOR).status_code == 404


def test_requests_of_one_turn_are_answered_by_the_models_they_chose(
    canary: Callable[..., TestClient], settings: Settings
) -> None:
    client = canary(50)
    keys = [str(number) for number in range(64)]
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda key: WAYS["one"](client, {"x-routing-key": key}).json(), keys))
    by_version = {version: {str(a["probabilities"]) for a in answers if a["model"]["version"] == version}
                  for version in ("1", "2")}  # fmt: skip
    assert len(by_version["1"]) == len(by_version["2"]) == 1
    assert by_version["1"] != by_version["2"]
    kept = {record["ids"][0]: record["version"] for record in records(settings.journal_dir)}
    assert kept == {answer["prediction_id"]: answer["model"]["version"] for answer in answers}


def test_a_request_is_checked_against_the_model_that_answers_it(
    canary: Callable[..., TestClient], settings: Settings
) -> None:
    other = tiny_parts(features=IRIS[:3]).write(settings.serving_dir / "bundles")
    client = canary(100, canary=other)
    short = {name: ROW[name] for name in IRIS[:3]}
    assert answered_by(client.post("/predict", json=ROW)) == ("1", "production")
    assert client.post("/predict", json=short).status_code == 422
    assert answered_by(client.post("/predict", json=short, headers={"x-model-version": "2"})) == ("2", "canary")
    assert client.post("/predict", json=ROW, headers={"x-model-version": "2"}).status_code == 422


def test_versions_and_variants_are_labels_of_what_a_model_did(canary: Callable[..., TestClient]) -> None:
    client = canary(100)
    for way in ("one", "many"):
        assert answered_by(WAYS[way](client, {})) == ("2", "canary")
    lines = dict(line.rsplit(" ", 1) for line in client.get("/metrics").text.splitlines() if line[0] != "#")
    assert sum(float(lines[f'predictions_total{{label="{name}",variant="canary",version="2"}}'])
               for name in ("setosa", "versicolor", "virginica")) == 2  # fmt: skip
    assert lines['predict_latency_seconds_count{variant="canary",version="2"}'] == "2.0"
    assert lines['predict_latency_seconds_count{variant="production",version="1"}'] == "0.0"
    assert lines['feature_observations_total{bin="(2, 4]",feature="sepal_width_cm",version="2"}'] == "2.0"
    assert lines['canary_traffic_ratio{version="2"}'] == "1.0"


def test_model_and_health_tell_every_variant(canary: Callable[..., TestClient]) -> None:
    client = canary(25)
    model = client.get("/model").json()
    assert [(v["variant"], v["version"], v["traffic"]) for v in model["variants"]] == [
        ("production", "1", 0.75),
        ("canary", "2", 0.25),
    ]
    assert client.get("/health").json()["models"] == [
        {"variant": "production", "version": "1"},
        {"variant": "canary", "version": "2"},
    ]


def test_a_model_that_fails_is_counted_against_its_own_version(
    canary: Callable[..., TestClient], settings: Settings
) -> None:
    parts = tiny_parts(tilt=1.0)
    for feature in parts.manifest["features"]:
        feature["maximum"] = 3.4e38
    client = canary(0, canary=parts.write(settings.serving_dir / "bundles"))
    large = {**ROW, "petal_length_cm": 3e38}  # a usual number, but its product with the model's weight is none
    headers = {"x-model-version": "2"}
    assert client.post("/predict", json=large, headers=headers).status_code == 500
    assert client.post("/predict/batch", json={"rows": [large]}, headers=headers).status_code == 500
    assert WAYS["one"](client, {}).status_code == 200
    text = client.get("/metrics").text
    assert 'prediction_failures_total{variant="canary",version="2"} 2.0' in text
    assert 'prediction_failures_total{variant="production",version="1"} 0.0' in text


def test_a_model_without_an_answer_to_a_client_s_extremes_names_the_field_and_has_not_failed(
    canary: Callable[..., TestClient],
) -> None:
    client, extreme = canary(0), {**ROW, "petal_length_cm": 3e38}
    for path, body in (("/predict", extreme), ("/predict/batch", {"rows": [ROW, extreme]})):
        answer = client.post(path, json=body)
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == ["petal_length_cm"]
    assert 'prediction_failures_total{variant="production",version="1"} 0.0' in client.get("/metrics").text


def test_both_headers_are_described_for_every_way_to_predict(canary: Callable[..., TestClient]) -> None:
    paths = canary(5).get("/openapi.json").json()["paths"]
    for path in ("/predict", "/predict/batch", "/invocations", "/v2/models/{name}/infer"):
        names = {parameter["name"] for parameter in paths[path]["post"]["parameters"]}
        assert {"X-Routing-Key", "X-Model-Version"} <= names
