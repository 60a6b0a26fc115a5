"""The api writes the journal; the courier reads from it, row for row, the client's answers."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from starlette.testclient import TestClient

from courier.journal.frames import Frame, read_frames
from courier.records.fast_decoding import first_half, read_together
from courier.records.records import decode
from tests.support.polling import eventually
from tests.support.served import served

Validate = Callable[[Any, str], None]
ROW = {"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}


@pytest.fixture
def shadow() -> bool:
    """Whether the policy names a shadow."""
    return False


@pytest.fixture
def client(made: Path, tmp_path: Path, shadow: bool) -> Iterator[TestClient]:
    with served(made, tmp_path, "iris_clf", shadow=shadow, shadow_most_cpu=1_000) as client:
        yield client


def frames(folder: Path) -> list[bytes]:
    payloads = []
    for segment in sorted(folder.glob("*.journal")):
        fd = os.open(segment, os.O_RDONLY)
        try:
            for frame in read_frames(fd, 0, closed=True):
                assert isinstance(frame, Frame)
                payloads.append(frame.payload)
        finally:
            os.close(fd)
    return payloads


def test_a_prediction_reads_back_as_it_was_answered(client: TestClient, tmp_path: Path, validate: Validate) -> None:
    answer = client.post("/predict", json=ROW, headers={"X-Request-ID": "contract-1"}).raise_for_status().json()
    [payload] = frames(tmp_path / "journal")
    validate(orjson.loads(payload), "journal")
    [row] = decode(payload).predictions
    assert (row.id, row.request_id, row.version, row.variant) == (
        answer["prediction_id"],
        "contract-1",
        "7",
        "production",
    )
    assert json.loads(row.features) == ROW
    assert row.label == answer["label_name"]
    assert json.loads(row.probabilities) == answer["probabilities"]
    assert row.bundle == answer["model"]["bundle"]


def test_a_batch_is_one_frame_and_one_row_per_prediction(
    client: TestClient, tmp_path: Path, validate: Validate
) -> None:
    rows = [ROW | {"petal_length": 1.0 + n / 10} for n in range(50)]
    answers = client.post("/predict/batch", json={"rows": rows}).raise_for_status().json()["predictions"]
    [payload] = frames(tmp_path / "journal")
    validate(orjson.loads(payload), "journal")
    read = decode(payload).predictions
    assert [row.id for row in read] == [answer["prediction_id"] for answer in answers]
    assert [json.loads(row.features) for row in read] == rows
    assert [row.label for row in read] == [answer["label_name"] for answer in answers]


def test_a_large_tensor_in_its_client_s_spelling_is_read_both_ways(
    client: TestClient, tmp_path: Path, validate: Validate
) -> None:
    rows = [[5.1, 3.5, 1.0 + n / 10, 0.2] for n in range(80)]
    data = ", ".join(f"5.10, 3.5, {row[2]:.3f}, 2e-1" for row in rows)
    raw = f'{{"inputs": [{{"name": "features", "shape": [80, 4], "datatype": "FP64", "data": [{data}]}}]}}'
    answer = client.post("/v2/models/iris_clf/infer", content=raw, headers={"content-type": "application/json"})
    assert answer.status_code == 200, answer.text
    [payload] = frames(tmp_path / "journal")
    assert b"[5.10,3.5,1.000,2e-1],[" in payload
    validate(orjson.loads(payload), "journal")
    read = decode(payload).predictions
    assert [list(json.loads(row.features).values()) for row in read] == rows
    together = read_together(first_half(payload), [payload])
    assert together is not None
    assert together.rows == read


def test_feedback_reads_back_as_it_was_given(client: TestClient, tmp_path: Path, validate: Validate) -> None:
    prediction = client.post("/predict", json=ROW).raise_for_status().json()["prediction_id"]
    fields = {"prediction_id": prediction, "label": "virginica", "source": "a botanist"}
    assert client.post("/feedback", json=fields).status_code == 202
    _, payload = frames(tmp_path / "journal")
    validate(orjson.loads(payload), "journal")
    [row] = decode(payload).feedback
    assert (row.prediction_id, row.label, row.source) == (prediction, "virginica", "a botanist")


@pytest.mark.parametrize("shadow", [True])
def test_a_shadow_reads_back_as_the_prediction_it_is_beside(
    client: TestClient, tmp_path: Path, validate: Validate
) -> None:
    answer = client.post("/predict", json=ROW).raise_for_status().json()
    client.post("/predict/batch", json={"rows": [ROW, ROW]}).raise_for_status()

    def shadows() -> list[bytes]:
        return [payload for payload in frames(tmp_path / "journal") if payload.startswith(b'{"kind":"shadow"')]

    eventually(lambda: len(shadows()) == 2)
    for payload in frames(tmp_path / "journal"):
        validate(orjson.loads(payload), "journal")
    [row] = decode(shadows()[0]).predictions
    assert (row.version, row.variant, row.label) == ("8", "shadow", answer["label_name"])
    assert row.id != answer["prediction_id"]
    assert json.loads(row.features) == ROW
