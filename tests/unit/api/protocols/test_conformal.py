"""Sets and intervals over every protocol: asked for, refused with a reason, and not there where nobody asked."""

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.settings import Settings
from tests.support.bundles import FLOWERS, IRIS, BundleParts, tiny_parts, write_policy
from tests.support.mixed_bundles import mixed_parts

ROW = dict(zip(IRIS, [6.0, 2.7, 4.2, 1.3], strict=True))
Start = Callable[[Settings], TestClient]
LEAST = [0.5, 0.001, 0.0001]
CLASSES = {"coverage": 0.9, "rows": 300, "by": "class", "least_probability": LEAST}
VALUES = {"coverage": 0.9, "rows": 500, "by": "bin", "edges": [0.0], "half_width": [1.5, 2.5]}


def serve(settings: Settings, start: Start, parts: BundleParts, **sections: Any) -> TestClient:
    manifest = {**parts.manifest, **sections}
    write_policy(settings.serving_dir, 1, replace(parts, manifest=manifest).write(settings.serving_dir / "bundles"))
    return start(settings)


@pytest.fixture
def flowers(settings: Settings, start: Start) -> TestClient:
    return serve(settings, start, tiny_parts(), conformal=CLASSES)


def test_a_set_has_each_class_that_reaches_its_least_probability(flowers: TestClient) -> None:
    answer = flowers.post("/predict?set=true", json=ROW).json()
    shares = answer["probabilities"]
    assert answer["set"] == [name for name, least in zip(FLOWERS, LEAST, strict=True) if shares[name] >= least]
    assert answer["label_name"] in answer["set"]


def test_a_batch_has_a_set_for_each_row_and_csv_a_column(flowers: TestClient) -> None:
    one = flowers.post("/predict?set=true", json=ROW).json()["set"]
    batch = flowers.post("/predict/batch?set=true", json={"rows": [ROW, ROW]}).json()["predictions"]
    assert [row["set"] for row in batch] == [one, one]
    answer = flowers.post("/predict/batch?set=true", json={"rows": [ROW]}, headers={"accept": "text/csv"})
    assert next(csv.DictReader(io.StringIO(answer.text)))["set"] == "|".join(one)


def test_v2_and_the_scoring_server_take_the_parameter_too(flowers: TestClient) -> None:
    one = flowers.post("/predict?set=true", json=ROW).json()["set"]
    tensor = {"name": "features", "shape": [1, 4], "datatype": "FP64", "data": list(ROW.values())}
    body = {"inputs": [tensor], "parameters": {"set": True}}
    outputs = flowers.post("/v2/models/iris_clf/infer", json=body).json()["outputs"]
    found = next(output for output in outputs if output["name"] == "set")
    assert [name for name, there in zip(FLOWERS, found["data"], strict=True) if there] == one
    scored = flowers.post("/invocations", json={"dataframe_records": [ROW], "params": {"set": True}})
    assert scored.json()["set"] == [one]


def test_a_set_that_is_asked_for_as_an_output_is_refused_with_the_parameter(flowers: TestClient) -> None:
    tensor = {"name": "features", "shape": [1, 4], "datatype": "FP64", "data": list(ROW.values())}
    body = {"inputs": [tensor], "outputs": [{"name": "set"}]}
    refused = flowers.post("/v2/models/iris_clf/infer", json=body)
    assert (refused.status_code, '"parameters": {"set": true}' in refused.json()["error"]) == (400, True)


def test_an_answer_without_the_parameter_has_no_set(flowers: TestClient) -> None:
    assert "set" not in flowers.post("/predict", json=ROW).json()
    assert "set" not in flowers.post("/predict?set=false", json=ROW).json()


@pytest.mark.parametrize("query", ["set=yes", "set=true&set=true"])
def test_a_parameter_that_is_no_flag_is_refused(flowers: TestClient, query: str) -> None:
    answer = flowers.post(f"/predict?{query}", json=ROW)
    assert answer.status_code == 400
    assert "set" in answer.json()["detail"]


def test_an_interval_is_refused_for_classes_and_names_what_to_ask_for(flowers: TestClient) -> None:
    answer = flowers.post("/predict?interval=true", json=ROW)
    assert answer.status_code == 422
    assert "set=true" in answer.json()["detail"]


def test_a_bundle_without_the_numbers_says_what_to_do(settings: Settings, start: Start) -> None:
    client = serve(settings, start, tiny_parts())
    for path, body in (("/predict", ROW), ("/predict/batch", {"rows": [ROW]})):
        answer = client.post(f"{path}?set=true", json=body)
        assert answer.status_code == 422
        assert "train it again" in answer.json()["detail"]


def test_an_interval_is_as_wide_as_its_bin_says(settings: Settings, start: Start) -> None:
    client = serve(settings, start, mixed_parts(), conformal=VALUES)
    operation = client.get("/openapi.json").json()["paths"]["/predict"]["post"]
    example = operation["requestBody"]["content"]["application/json"]["example"]
    answer = client.post("/predict?interval=true", json=example).json()
    low, high = answer["interval"]
    half = 1.5 if answer["value"] <= 0 else 2.5
    assert (answer["value"] - low, high - answer["value"]) == pytest.approx((half, half))


def test_numbers_of_another_model_refuse_the_bundle(settings: Settings, start: Start) -> None:
    client = serve(settings, start, tiny_parts(), conformal=VALUES)
    assert client.get("/health/ready").status_code == 503


@pytest.mark.parametrize("value", [True, 1, "true"])
def test_reasons_are_refused_with_their_address_where_a_protocol_has_none(flowers: TestClient, value: object) -> None:
    tensor = {"name": "features", "shape": [1, 4], "datatype": "FP64", "data": list(ROW.values())}
    body = {"inputs": [tensor], "parameters": {"explain": value}}
    refused = flowers.post("/v2/models/iris_clf/infer", json=body)
    scored = flowers.post("/invocations", json={"dataframe_records": [ROW], "params": {"explain": value}})
    assert (refused.status_code, scored.status_code) == (400, 400)
    for answer in (refused, scored):
        assert "POST /predict?explain=true" in answer.text
    body["parameters"] = {"explain": False}
    assert flowers.post("/v2/models/iris_clf/infer", json=body).status_code == 200
