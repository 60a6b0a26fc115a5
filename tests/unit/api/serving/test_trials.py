"""A trial over HTTP, in every protocol: answered and recorded like any request, and counted for nothing."""

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from api.settings import Settings
from tests.support.bundles import make_bundle, write_policy
from tests.support.journals import records
from tests.unit.api.serving.test_canary import ROW, WAYS

Start = Callable[[Settings], TestClient]
COUNTED = ("predictions_total{", "feature_observations_total{", "prediction_confidence_total{", "out_of_range")


@pytest.fixture
def client(settings: Settings, start: Start) -> TestClient:
    folder = settings.serving_dir
    write_policy(folder, 1, make_bundle(folder), shadow={"version": "2", "bundle": make_bundle(folder, tilt=1.0)})
    return start(settings)


def counted(client: TestClient) -> dict[str, float]:
    lines = client.get("/metrics").text.splitlines()
    found = (line.rpartition(" ") for line in lines if any(name in line for name in COUNTED) and line[0] != "#")
    return {name: float(value) for name, _, value in found if float(value)}


@pytest.mark.parametrize("way", WAYS)
def test_a_trial_is_recorded_with_its_mark_and_counted_nowhere(
    client: TestClient, settings: Settings, way: str
) -> None:
    before = counted(client)
    assert WAYS[way](client, {"x-trial": "true"}).status_code == 200
    assert counted(client) == before
    (record,) = records(settings.journal_dir)
    assert (record["kind"], record["trial"]) == ("prediction", True)
    assert WAYS[way](client, {"x-trial": "false"}).status_code == 200
    assert counted(client) != before
    kept = [record for record in records(settings.journal_dir) if record["kind"] == "prediction"]
    assert ["trial" in record for record in kept] == [True, False]


def test_a_shadow_is_not_asked_about_a_trial(client: TestClient, settings: Settings) -> None:
    for headers in ({"x-trial": "true"}, {}):
        client.post("/predict", json=ROW, headers=headers)
    client.__exit__(None, None, None)
    kept = records(settings.journal_dir)
    (counting,) = [record for record in kept if record["kind"] == "prediction" and "trial" not in record]
    for record in kept:
        if record["kind"] == "shadow":
            assert record["shadow_of"] == counting["ids"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("value", ["{}", "yes", "1", ""])
def test_a_mark_that_is_neither_true_nor_false_is_refused(client: TestClient, way: str, value: str) -> None:
    answer = WAYS[way](client, {"x-trial": value})
    assert answer.status_code == 400
    assert "X-Trial is true or false" in answer.text


def test_feedback_has_no_mark_of_its_own(client: TestClient, settings: Settings) -> None:
    answer = client.post("/predict", json=ROW, headers={"x-trial": "true"}).json()
    fields = {"prediction_id": answer["prediction_id"], "label": "setosa", "source": "test"}
    assert client.post("/feedback", json=fields, headers={"x-trial": "true"}).status_code == 202
    assert "trial" not in records(settings.journal_dir)[-1]


def test_the_header_is_described_for_every_way_to_predict(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    for path in ("/predict", "/predict/batch", "/invocations", "/v2/models/{name}/infer"):
        assert "X-Trial" in {parameter["name"] for parameter in paths[path]["post"]["parameters"]}
