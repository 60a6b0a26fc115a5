"""The parameters explain, set and interval at a real server: answered as its OpenAPI says, or refused in words."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.support.apis import ROW, Api, running_api
from tests.support.bundles import tiny_parts, write_policy

CONFORMAL = {"coverage": 0.9, "rows": 300, "by": "class", "least_probability": [0.5, 0.001, 0.0001]}
TENSOR = [{"name": "features", "shape": [1, 4], "datatype": "FP64", "data": [5.1, 3.5, 1.4, 0.2]}]


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A classification with sets and without reasons."""
    folder: Path = tmp_path_factory.mktemp("asked")
    parts = tiny_parts()
    bundle = replace(parts, manifest=parts.manifest | {"conformal": CONFORMAL}).write(folder / "serving" / "bundles")
    write_policy(folder / "serving", 1, bundle)
    with running_api(folder) as running:
        yield running


@pytest.mark.parametrize("path", ["/predict", "/predict/batch"])
@pytest.mark.parametrize(
    ("query", "status", "detail"),
    [
        *((f"{name}={value}", 400, f"the parameter {name} must be true or false")
          for name in ("explain", "set", "interval") for value in ("", "1", "0.9", "TRUE", "yes", "%00", "true%20")),
        *((f"{name}=true&{name}=true", 400, f"the parameter {name} is there twice")
          for name in ("explain", "set", "interval")),
        ("interval=true", 422, "is a classification: ask for set=true"),
        ("set=true&interval=true", 422, "is a classification: ask for set=true"),
        ("explain=true", 422, "version 1 (LogisticRegression) gives no reasons: the bundle was made before there were"),
        ("explain=true", 422, "Linear models, forests and boosted trees that the trainer fitted have them"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_answered_is_refused_in_words(
    api: Api, path: str, query: str, status: int, detail: str
) -> None:
    body: Any = ROW if path == "/predict" else {"rows": [ROW]}
    answer = api.client.post(f"{api.url}{path}?{query}", json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert detail in answer.json()["detail"]


@pytest.mark.parametrize("value", ["true", 1, None, [True], {}])
def test_the_other_protocols_refuse_what_is_not_a_boolean(api: Api, value: object) -> None:
    v2 = api.client.post(f"{api.url}/v2/models/iris_clf/infer", json={"inputs": TENSOR, "parameters": {"set": value}})
    scoring = api.client.post(f"{api.url}/invocations", json={"dataframe_records": [ROW], "params": {"set": value}})
    assert (v2.status_code, scoring.status_code) == (400, 400)
    assert "set" in v2.json()["error"]
    assert "the parameter set must be true or false" in scoring.json()["message"]


@pytest.mark.parametrize("name", ["explain", "set", "interval"])
def test_a_parameter_of_another_protocol_in_the_query_is_refused_with_its_place(api: Api, name: str) -> None:
    v2 = api.client.post(f"{api.url}/v2/models/iris_clf/infer?{name}=true", json={"inputs": TENSOR})
    scoring = api.client.post(f"{api.url}/invocations?{name}=true", json={"dataframe_records": [ROW]})
    assert (v2.status_code, scoring.status_code) == (400, 400)
    for answer in (v2.json()["error"], scoring.json()["message"]):
        assert f"the parameter {name} in the query is read by /predict" in answer
    other = api.client.post(f"{api.url}/invocations?{name}=false&trace=1", json={"dataframe_records": [ROW]})
    assert other.status_code == 200


def test_openapi_has_the_parameters_and_the_answers_fit_it(api: Api) -> None:
    document = api.client.get(f"{api.url}/openapi.json").json()
    resolver = {"components": document["components"]}
    for path, schema, body in (
        ("/predict", "Prediction", ROW),
        ("/predict/batch", "Predictions", {"rows": [ROW, ROW]}),
    ):
        parameters = {one["name"]: one for one in document["paths"][path]["post"]["parameters"]}
        assert parameters["set"]["schema"]["type"] == "boolean"
        assert not {"explain", "interval"} & set(parameters), "this model offers neither"
        answer = api.client.post(f"{api.url}{path}?set=true", json=body).raise_for_status().json()
        jsonschema.validate(answer, {"$ref": f"#/components/schemas/{schema}", **resolver})
        assert "set" in (answer if path == "/predict" else answer["predictions"][0])
    assert "90%" in document["components"]["schemas"]["Prediction"]["properties"]["set"]["description"]
    scoring = api.client.post(
        f"{api.url}/invocations", json={"dataframe_records": [ROW], "params": {"set": True}}
    ).json()
    jsonschema.validate(scoring, {"$ref": "#/components/schemas/ScoringAnswer", **resolver})
    assert len(scoring["set"]) == 1
