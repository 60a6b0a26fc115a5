"""Reasons in an answer: they are asked for by a parameter, add up to the score, and the audit keeps them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from starlette.testclient import TestClient

from courier.records.fast_decoding import first_half
from courier.records.records import decode
from tests.contract.conftest import Validate
from tests.contract.test_journal import frames
from tests.support.served import served
from trainer.workspace import canonical

ROW = {"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}


@pytest.fixture
def client(made: Path, tmp_path: Path) -> Iterator[TestClient]:
    with served(made, tmp_path, "iris") as client:
        yield client


def test_an_answer_has_its_reasons_and_the_audit_keeps_them(
    client: TestClient, tmp_path: Path, validate: Validate
) -> None:
    assert client.get("/model").json()["reasons"] == {"method": "linear", "score": "log-odds"}
    plain = client.post("/predict", json=ROW).raise_for_status().json()
    answer = client.post("/predict?explain=true", json=ROW).raise_for_status().json()
    many = client.post("/predict/batch?explain=true", json={"rows": [ROW] * 3}).raise_for_status().json()
    reasons = answer["reasons"]
    assert "reasons" not in plain
    assert answer["probabilities"] == plain["probabilities"]
    assert (reasons["class"], reasons["score"]) == (answer["label_name"], "log-odds")
    assert list(reasons["contributions"]) == list(ROW)
    assert [one["reasons"] for one in many["predictions"]] == [reasons] * 3
    client.__exit__(None, None, None)
    first, explained_one, batch = frames(tmp_path / "journal")
    assert b"reasons" not in first
    assert first_half(first)
    assert not first_half(explained_one)
    for payload in (explained_one, batch):
        validate(json.loads(payload), "journal")
        for row in decode(payload).predictions:
            assert row.reasons is not None
            assert json.loads(row.reasons) == {key: reasons[key] for key in ("base", "contributions")}


def test_the_served_reasons_add_up_to_the_score_of_the_answered_class(client: TestClient, made: Path) -> None:
    pipeline = canonical.load((made / "model.joblib").read_bytes())
    rows = [ROW | {"petal_length": 1.0 + 0.3 * step, "petal_width": 0.2 + 0.12 * step} for step in range(20)]
    answers = client.post("/predict/batch?explain=true", json={"rows": rows}).raise_for_status().json()["predictions"]
    raw = pipeline.decision_function(pd.DataFrame(rows))
    assert {answer["label_name"] for answer in answers} == {"setosa", "versicolor", "virginica"}
    for answer, scores in zip(answers, raw, strict=True):
        reasons = answer["reasons"]
        assert reasons["class"] == answer["label_name"]
        total = reasons["base"] + sum(reasons["contributions"].values())
        assert abs(total - scores[answer["label_id"]]) < 1e-6


@pytest.mark.parametrize(
    ("path", "body", "headers", "status", "detail"),
    [
        ("/predict?explain=maybe", ROW, {}, 400, "the parameter explain must be true or false"),
        ("/predict?explian=true", ROW, {}, 400, "unknown parameter 'explian'; did you mean 'explain'?"),
        ("/predict?Explain=true", ROW, {}, 400, "unknown parameter 'Explain'; did you mean 'explain'?"),
        ("/predict?explain=true&explain=true", ROW, {}, 400, "the parameter explain is there twice"),
        ("/predict/batch?explain=true", {"rows": [ROW] * 101}, {}, 413, "at most 100 rows"),
        ("/predict/batch?explain=true", {"rows": [ROW]}, {"accept": "text/csv"}, 400, "reasons are in JSON only"),
    ],
)
def test_what_cannot_be_explained_is_refused_in_words(
    client: TestClient, path: str, body: Any, headers: dict[str, str], status: int, detail: str
) -> None:
    reply = client.post(path, json=body, headers=headers)
    assert reply.status_code == status
    assert detail in reply.json()["detail"]


def test_other_parameters_and_false_change_nothing(client: TestClient) -> None:
    for query in ("explain=false", "other=1", "other=1&other=2"):
        assert "reasons" not in client.post(f"/predict?{query}", json=ROW).raise_for_status().json()
