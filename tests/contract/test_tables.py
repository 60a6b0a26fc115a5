"""A table with everything in it, through trainer, api and courier: what a person put in comes out again."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from courier.records.records import decode
from tests.contract.conftest import Validate
from tests.contract.test_journal import frames
from tests.support.served import served
from tests.support.tables import mixed_csv, mixed_page, small_params
from tests.support.trained import Trained, trained, workspace

GAPS = {"gap", "count", "colour", "returned"}


@pytest.fixture(scope="module", params=["classification", "regression"])
def mixed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    root = tmp_path_factory.mktemp(f"mixed-{request.param}")
    layout = workspace(root, mixed_page("rows.csv", task=request.param), mixed_csv(task=request.param))
    return trained(layout, small_params())


@pytest.fixture
def client(mixed: Trained, tmp_path: Path) -> Iterator[TestClient]:
    with served(mixed.path, tmp_path, "mixed") as client:
        yield client


def expected(mixed: Trained, count: int = 60) -> np.ndarray[Any, Any]:
    """What the pipeline a person loads in a notebook says to the rows as they are in the frame."""
    rows = mixed.frame.head(count)
    if mixed.contract.task == "regression":
        return np.asarray(mixed.pipeline.predict(rows))[:, None]
    return np.asarray(mixed.pipeline.predict_proba(rows))


def scores(answer: dict[str, Any]) -> list[float]:
    return [answer["value"]] if "value" in answer else list(answer["probabilities"].values())


def tolerance(mixed: Trained) -> float:
    return 1e-5 * (300 if mixed.contract.task == "regression" else 1)


def test_the_documents_of_the_bundle_follow_their_schemas(mixed: Trained, validate: Validate) -> None:
    for document in ("manifest", "reference", "golden"):
        validate(json.loads((mixed.path / f"{document}.json").read_text()), document)


def test_rows_in_json_are_answered_as_the_pipeline_answers_the_frame(mixed: Trained, client: TestClient) -> None:
    rows = mixed.rows()
    assert any(row[name] is None for row in rows for name in GAPS)
    answers = client.post("/predict/batch", json={"rows": rows}).raise_for_status().json()["predictions"]
    assert np.abs(np.array([scores(answer) for answer in answers]) - expected(mixed)).max() < tolerance(mixed)
    one = client.post("/predict", json=rows[0]).raise_for_status().json()
    assert scores(one) == pytest.approx(scores(answers[0]))
    assert ("label_name" in one) == (mixed.contract.task == "classification")


def test_a_table_is_answered_line_by_line(mixed: Trained, client: TestClient) -> None:
    out = io.StringIO()
    table = csv.DictWriter(out, list(mixed.contract.features))
    table.writeheader()
    table.writerows(mixed.rows())
    reply = client.post("/predict/batch", content=out.getvalue().encode(), headers={"content-type": "text/csv"})
    lines = list(csv.DictReader(io.StringIO(reply.raise_for_status().text, newline="")))
    found = [[float(cell) for name, cell in line.items() if name.startswith(("prob", "value"))] for line in lines]
    assert np.abs(np.array(found) - expected(mixed)).max() < tolerance(mixed)


def test_the_file_that_was_trained_on_is_answered_as_it_is_with_its_target_beside_the_answers(
    mixed: Trained, client: TestClient
) -> None:
    source = mixed_csv(task=mixed.contract.task)
    reply = client.post("/predict/batch", content=source, headers={"content-type": "text/csv"})
    assert reply.status_code == 200, reply.text
    lines = list(csv.DictReader(io.StringIO(reply.raise_for_status().text, newline="")))
    answered = [[float(cell) for name, cell in line.items() if name.startswith(("prob", "value"))] for line in lines]
    wanted = expected(mixed, len(mixed.frame))
    assert len(answered) == len(wanted)
    assert np.abs(np.array(answered) - wanted).max() < tolerance(mixed)
    truth = [row["out/come"] for row in csv.DictReader(io.StringIO(source.decode("cp1252")), delimiter=";")]
    assert [line["out/come"] for line in lines] == truth


def test_tensors_by_column_and_data_frames_are_answered_alike(mixed: Trained, client: TestClient) -> None:
    rows = mixed.rows()
    described = client.get(f"/v2/models/{mixed.contract.registered_model}").json()["inputs"]
    assert [one["datatype"] for one in described] == ["FP64", "FP64", "FP64", "BYTES", "BYTES", "BOOL", "BOOL"]
    inputs = [
        {"name": one["name"], "datatype": one["datatype"], "shape": [len(rows)], "data": [r[one["name"]] for r in rows]}
        for one in described
    ]
    reply = client.post(f"/v2/models/{mixed.contract.registered_model}/infer", json={"inputs": inputs})
    outputs = {one["name"]: one for one in reply.raise_for_status().json()["outputs"]}
    found = np.array(outputs["value" if "value" in outputs else "probabilities"]["data"]).reshape(len(rows), -1)
    assert np.abs(found - expected(mixed)).max() < tolerance(mixed)

    frame = {"columns": list(rows[0]), "data": [list(row.values()) for row in rows]}
    predicted = client.post("/invocations", json={"dataframe_split": frame}).raise_for_status().json()["predictions"]
    if mixed.contract.task == "regression":
        assert predicted == pytest.approx(expected(mixed)[:, 0].tolist(), abs=tolerance(mixed))
    else:
        assert predicted == [mixed.contract.target.classes[label] for label in expected(mixed).argmax(axis=1)]


def test_the_audit_holds_the_values_as_they_came(
    mixed: Trained, client: TestClient, tmp_path: Path, validate: Validate
) -> None:
    rows = mixed.rows()
    answers = client.post("/predict/batch", json={"rows": rows}).raise_for_status().json()["predictions"]
    one = client.post("/predict", json=rows[3]).raise_for_status().json()
    landed = []
    for payload in frames(tmp_path / "journal"):
        validate(json.loads(payload), "journal")
        landed += decode(payload).predictions
    assert [json.loads(row.features) for row in landed] == [*rows, rows[3]]
    assert [row.id for row in landed] == [answer["prediction_id"] for answer in (*answers, one)]
    if mixed.contract.task == "regression":
        assert [row.value for row in landed[:-1]] == [answer["value"] for answer in answers]
    else:
        assert [row.label for row in landed[:-1]] == [answer["label_name"] for answer in answers]


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("colour", "purple", "'dark blue'"),
        ("colour", 3, "'dark blue'"),
        ("shop", None, "valid string"),
        ("shop", "", "at least 1 character"),
        ("shop", "a\x00", "pattern"),
        ("paid", "true", "valid boolean"),
        ("paid", None, "valid boolean"),
        ("returned", 1, "valid boolean"),
        ("count", 2.5, "valid integer"),
        ("mean length (µ)", None, "valid number"),
        ("gap", "1", "valid number"),
    ],
)
def test_a_value_that_does_not_fit_its_column_is_named_with_what_would(
    mixed: Trained, client: TestClient, field: str, value: object, shown: str
) -> None:
    problem = client.post("/predict", json=mixed.rows(1)[0] | {field: value})
    assert problem.status_code == 422
    [error] = problem.json()["errors"]
    assert error["field"] == field
    assert shown in error["message"]
    assert "purple" not in problem.text


def test_an_unknown_category_is_answered_with_a_warning_where_the_contract_says_so(
    mixed: Trained, client: TestClient
) -> None:
    row = mixed.rows(1)[0]
    body = client.post("/predict", json=row | {"shop": "z", "gap": 99}).raise_for_status().json()
    assert body["warnings"] == [
        {"feature": "gap", "value": 99.0, "minimum": 0.0, "maximum": 10.0},
        {"feature": "shop", "value": "z", "categories": ["a", "b"]},
    ]
    wanted = mixed.frame.head(1).assign(shop="z", gap=99.0)
    asked = mixed.pipeline.predict(wanted) if "value" in body else mixed.pipeline.predict_proba(wanted)[0]
    assert scores(body) == pytest.approx(list(asked), abs=tolerance(mixed))


def test_every_value_is_counted_in_a_bin_that_the_reference_names(mixed: Trained, client: TestClient) -> None:
    rows = mixed.rows()
    client.post("/predict/batch", json={"rows": [*rows, rows[0] | {"shop": "z"}]}).raise_for_status()
    counts: dict[str, float] = {}
    bins = json.loads((mixed.path / "reference.json").read_text())["features"]
    for line in client.get("/metrics").text.splitlines():
        if line.startswith("feature_observations_total{"):
            labels = line[line.index("{") :]
            for feature in bins:
                if json.dumps(feature, ensure_ascii=False) in labels:
                    counts[feature] = counts.get(feature, 0) + float(line.rpartition(" ")[2])
    assert counts == dict.fromkeys(bins, 61.0)
    missing = [
        line for line in client.get("/metrics").text.splitlines() if 'bin="missing"' in line and "_total" in line
    ]
    assert sum(float(line.rpartition(" ")[2]) for line in missing) == sum(
        row[name] is None for row in rows for name in GAPS
    ) + sum(rows[0][name] is None for name in GAPS)


def test_feedback_says_a_class_or_a_value(
    mixed: Trained, client: TestClient, tmp_path: Path, validate: Validate
) -> None:
    prediction = client.post("/predict", json=mixed.rows(1)[0]).raise_for_status().json()["prediction_id"]
    is_regression = mixed.contract.task == "regression"
    right, wrong = ({"value": 12.5}, {"label": "yes"}) if is_regression else ({"label": "yes"}, {"value": 12.5})
    assert client.post("/feedback", json={"prediction_id": prediction, **wrong}).status_code == 422
    assert client.post("/feedback", json={"prediction_id": prediction, **right}).status_code == 202
    payload = frames(tmp_path / "journal")[-1]
    validate(json.loads(payload), "journal")
    [row] = decode(payload).feedback
    if is_regression:
        bins = json.loads((mixed.path / "reference.json").read_text())["target"]
        assert (row.value, row.label) == (12.5, bins["labels"][int(np.searchsorted(bins["edges"], 12.5))])
    else:
        assert (row.value, row.label) == (None, "yes")


def test_the_api_describes_the_table(mixed: Trained, client: TestClient) -> None:
    schemas = client.get("/openapi.json").raise_for_status().json()["components"]["schemas"]
    row = schemas["Row"]["properties"]
    assert row["colour"]["enum"] == [*mixed.contract.columns[3].categories, None]  # type: ignore[union-attr]
    assert row["colour"]["nullable"] is True
    assert row["paid"] == {"type": "boolean", "description": "Whether it was paid"}
    assert ("value" in schemas["Prediction"]["properties"]) == (mixed.contract.task == "regression")
    model = client.get("/model").raise_for_status().json()
    assert model["task"] == mixed.contract.task
    assert [feature["kind"] for feature in model["features"]][3:6] == ["category", "category", "boolean"]
