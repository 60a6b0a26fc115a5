"""Learned and ordered categories, dates, times and large numbers through trainer and api, in every protocol."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from courier.records.records import decode
from tests.contract.conftest import Validate
from tests.contract.test_journal import frames
from tests.contract.test_tables import expected, scores, tolerance
from tests.support.kinds import kinds_csv, kinds_page
from tests.support.served import served
from tests.support.tables import small_params
from tests.support.trained import Trained, trained, workspace

CANDIDATES = {
    "classification": {"boosted": {"estimator": "HistGradientBoostingClassifier", "settings": {"max_iter": 10}}},
    "many": {"linear": {"estimator": "LogisticRegression", "settings": {"max_iter": 1000}}},
    "regression": {"forest": {"estimator": "RandomForestRegressor", "settings": {"n_estimators": 10, "max_depth": 6}}},
}


@pytest.fixture(scope="module", params=["classification", "many", "regression"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    root = tmp_path_factory.mktemp(f"kinds-{request.param}")
    layout = workspace(root, kinds_page("rows.csv", task=request.param), kinds_csv(task=request.param))
    return trained(layout, small_params() | {"candidates": CANDIDATES[request.param]})


@pytest.fixture
def client(made: Trained, tmp_path: Path) -> Iterator[TestClient]:
    with served(made.path, tmp_path, "kinds") as client:
        yield client


def test_the_documents_of_the_bundle_follow_their_schemas(made: Trained, validate: Validate) -> None:
    for document in ("manifest", "reference", "golden", "levels"):
        validate(json.loads((made.path / f"{document}.json").read_text()), document)
    bins = json.loads((made.path / "reference.json").read_text())["features"]["shop"]["labels"]
    assert (len(bins), bins[-2:]) == (22, ["other", "missing"])


def test_every_protocol_answers_as_the_pipeline_answers_the_frame(made: Trained, client: TestClient) -> None:
    rows, wanted = made.rows(120), expected(made, 120)
    answers = client.post("/predict/batch", json={"rows": rows}).raise_for_status().json()["predictions"]
    assert np.abs(np.array([scores(answer) for answer in answers]) - wanted).max() < tolerance(made)
    for row, answer in zip(rows[:20], answers, strict=False):
        one = client.post("/predict", json=row).raise_for_status().json()
        assert (scores(one), one["warnings"]) == (scores(answer), answer["warnings"])

    out = io.StringIO()
    table = csv.DictWriter(out, list(made.contract.features))
    table.writeheader()
    table.writerows(rows)
    reply = client.post("/predict/batch", content=out.getvalue().encode(), headers={"content-type": "text/csv"})
    lines = list(csv.DictReader(io.StringIO(reply.raise_for_status().text, newline="")))
    message = [[float(cell) for name, cell in line.items() if name.startswith(("prob", "value"))] for line in lines]
    assert np.abs(np.array(message) - wanted).max() < tolerance(made)

    described = client.get("/v2/models/kinds").json()["inputs"]
    inputs = [
        {"name": one["name"], "datatype": one["datatype"], "shape": [len(rows)], "data": [r[one["name"]] for r in rows]}
        for one in described
    ]
    reply = client.post("/v2/models/kinds/infer", json={"inputs": inputs})
    outputs = {one["name"]: one for one in reply.raise_for_status().json()["outputs"]}
    found = np.array(outputs["value" if "value" in outputs else "probabilities"]["data"]).reshape(len(rows), -1)
    assert np.abs(found - wanted).max() < tolerance(made)

    frame = {"columns": list(rows[0]), "data": [list(row.values()) for row in rows]}
    predicted = client.post("/invocations", json={"dataframe_split": frame}).raise_for_status().json()["predictions"]
    if made.contract.task == "regression":
        assert predicted == pytest.approx(wanted[:, 0].tolist(), abs=tolerance(made))
    else:
        assert predicted == [made.contract.target.classes[label] for label in wanted.argmax(axis=1)]


def test_a_text_that_training_never_saw_is_answered_with_a_warning(made: Trained, client: TestClient) -> None:
    row = made.rows(1)[0] | {"city": "Atlantis\non two lines"}
    body = client.post("/predict", json=row).raise_for_status().json()
    assert body["warnings"][-1] == {"feature": "city", "value": "Atlantis\non two lines", "levels": 6}
    wanted = made.frame.head(1).assign(city="Atlantis")
    asked = made.pipeline.predict(wanted) if "value" in body else made.pipeline.predict_proba(wanted)[0]
    assert scores(body) == pytest.approx(list(asked), abs=tolerance(made))
    for bad in ("", "a\x00", "x" * 4097, 3):
        assert client.post("/predict", json=row | {"city": bad}).status_code == 422


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("born", "2026-02-30", "a date that exists, written as 2026-11-28"),
        ("born", "28.11.2026", "a date that exists"),
        ("born", "2026-11-28T10:00:00", "a date that exists"),
        ("born", None, "a date that exists"),
        ("born", 20261128, "a date that exists"),
        ("seen", "2026-11-28T25:00:00Z", "a datetime that exists, written as 2026-11-28T14:05:00Z"),
        ("seen", "0001-01-01T00:00:00+01:00", "a datetime that exists"),
        ("seen", "2026-W48-6", "a datetime that exists"),
    ],
)
def test_a_text_that_is_no_moment_is_refused_with_how_to_write_one(
    made: Trained, client: TestClient, field: str, value: object, shown: str
) -> None:
    problem = client.post("/predict", json=made.rows(1)[0] | {field: value})
    assert problem.status_code == 422
    [error] = problem.json()["errors"]
    assert (error["field"], shown in error["message"]) == (field, True)


@pytest.mark.parametrize(
    "seen", ["2026-11-28", "2026-11-28 10:00", "2026-11-28t10:00:59.123456789z", "2026-11-28T23:30:00-05:00"]
)
def test_a_moment_may_be_written_in_every_way_of_the_standard_and_tomorrow_is_answered(
    made: Trained, client: TestClient, seen: str
) -> None:
    row = made.rows(1)[0] | {"seen": seen, "born": "2031-05-05", "city": "city 1"}
    body = client.post("/predict", json=row).raise_for_status().json()
    beyond = {"feature": "born", "value": "2031-05-05", "minimum": "2020-01-01", "maximum": "2026-11-01"}
    assert beyond in body["warnings"]
    wanted = made.frame.head(1).assign(seen=seen, born="2031-05-05", city="city 1")
    asked = made.pipeline.predict(wanted) if "value" in body else made.pipeline.predict_proba(wanted)[0]
    assert scores(body) == pytest.approx(list(asked), abs=tolerance(made))


def test_every_value_is_counted_in_a_bin_and_kept_in_the_audit(
    made: Trained, client: TestClient, tmp_path: Path, validate: Validate
) -> None:
    rows = made.rows(100)
    client.post("/predict/batch", json={"rows": rows}).raise_for_status()
    client.post("/predict", json=rows[0]).raise_for_status()
    landed = []
    for payload in frames(tmp_path / "journal"):
        validate(json.loads(payload), "journal")
        landed += decode(payload).predictions
    assert [json.loads(row.features) for row in landed] == [*rows, rows[0]]
    counts = dict.fromkeys(made.contract.features, 0.0)
    for line in client.get("/metrics").text.splitlines():
        if line.startswith("feature_observations_total{"):
            name = next(feature for feature in counts if f'feature="{feature}"' in line)
            counts[name] += float(line.rpartition(" ")[2])
    assert counts == dict.fromkeys(made.contract.features, 101.0)


def test_the_api_describes_the_kinds_without_listing_every_level(made: Trained, client: TestClient) -> None:
    row = client.get("/openapi.json").raise_for_status().json()["components"]["schemas"]["Row"]["properties"]
    assert row["born"]["format"] == "date"
    assert row["size"]["enum"] == ["low", "middle", "high"]
    assert "any text; 6 are known" in row["city"]["description"]
    features = client.get("/model").raise_for_status().json()["features"]
    assert features[1] == {
        "name": "city",
        "description": "In which city",
        "nullable": False,
        "kind": "category",
        "levels": "learned",
        "unknown": "other",
    }
