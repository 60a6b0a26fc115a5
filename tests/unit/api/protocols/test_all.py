"""Three protocols, one model: whatever a row came in, it gets the same answer and a record of its own."""

import csv
import io
import uuid
from collections.abc import Callable
from typing import Any

import numpy as np
import orjson
import pytest
from starlette.testclient import TestClient

from api.errors import ApiError, MethodNotAllowedError
from api.http.routing import Refusal
from api.routes.scoring import refuse as scoring_refusal
from api.routes.v2 import refuse as v2_refusal
from api.settings import Settings
from tests.support.bundles import FLOWERS, IRIS
from tests.support.journals import records

VALUES = [6.5, 3.0, 5.5, 1.8]
ROW = dict(zip(IRIS, VALUES, strict=True))
TABLE = ",".join(IRIS) + "\n" + ",".join(map(str, VALUES)) + "\n"
INFER = "/v2/models/iris_clf/infer"

Shares = list[float]


def v2(client: TestClient, **tensor: Any) -> Shares:
    inputs = [{"name": "features", "shape": [1, 4], "datatype": "FP64", **tensor}]
    answer = client.post(INFER, json={"inputs": inputs, "outputs": [{"name": "probabilities"}]})
    shares: Shares = answer.json()["outputs"][0]["data"]
    return shares


def v2_per_feature(client: TestClient) -> Shares:
    inputs = [{"name": name, "shape": [1], "datatype": "FP64", "data": [value]} for name, value in ROW.items()]
    answer = client.post(INFER, json={"inputs": inputs, "outputs": [{"name": "probabilities"}]})
    shares: Shares = answer.json()["outputs"][0]["data"]
    return shares


def v2_binary(client: TestClient) -> Shares:
    raw = np.array(VALUES, dtype="<f4").tobytes()
    declared = {"name": "x", "shape": [1, 4], "datatype": "FP32", "parameters": {"binary_data_size": len(raw)}}
    wanted = [{"name": "probabilities", "parameters": {"binary_data": True}}]
    head = orjson.dumps({"inputs": [declared], "outputs": wanted})
    answer = client.post(INFER, content=head + raw, headers={"inference-header-content-length": str(len(head))})
    tail = answer.content[int(answer.headers["inference-header-content-length"]) :]
    return [float(str(share)) for share in np.frombuffer(tail, "<f4")]


def one(client: TestClient) -> Shares:
    return list(client.post("/predict", json=ROW).json()["probabilities"].values())


def many(client: TestClient) -> Shares:
    return list(client.post("/predict/batch", json={"rows": [ROW]}).json()["predictions"][0]["probabilities"].values())


def table(client: TestClient) -> Shares:
    answer = client.post("/predict/batch", content=TABLE, headers={"content-type": "text/csv"})
    (row,) = csv.DictReader(io.StringIO(answer.text))
    return [float(row[f"probability_{name}"]) for name in FLOWERS]


WAYS: dict[str, Callable[[TestClient], Shares]] = {
    "one": one,
    "many": many,
    "csv": table,
    "v2, FP64": lambda client: v2(client, data=VALUES),
    "v2, FP32": lambda client: v2(client, data=VALUES, datatype="FP32"),
    "v2, per feature": v2_per_feature,
    "v2, binary": v2_binary,
}


def test_a_row_gets_the_same_answer_and_a_record_in_every_protocol(client: TestClient, settings: Settings) -> None:
    message = {name: ask(client) for name, ask in WAYS.items()}
    assert all(shares == message["one"] for shares in message.values()), message
    label = max(range(3), key=message["one"].__getitem__)
    for content, kind in ((orjson.dumps({"inputs": ROW}), "application/json"), (TABLE.encode(), "text/csv")):
        answer = client.post("/invocations", content=content, headers={"content-type": kind})
        assert answer.json() == {"predictions": [FLOWERS[label]]}
    kept = records(settings.journal_dir)
    assert len(kept) == len(WAYS) + 2
    assert len({record["ids"][0] for record in kept}) == len(kept)
    same = {
        "kind": "prediction",
        "version": "1",
        "rows": [VALUES],
        "labels": [label],
        "probabilities": [message["one"]],
    }
    for record in kept:
        assert record.keys() == kept[0].keys()
        assert {key: record[key] for key in same} == same


def test_every_protocol_counts_in_the_same_metrics(client: TestClient) -> None:
    for ask in WAYS.values():
        ask(client)
    client.post("/invocations", json={"inputs": ROW})
    text = client.get("/metrics").text
    rows = float(len(WAYS) + 1)
    assert f"predict_requests_total {rows}" in text
    assert f'predict_latency_seconds_count{{variant="production",version="1"}} {rows}' in text
    lines = [line for line in text.splitlines() if line.startswith("predictions_total{")]
    assert sum(float(line.rpartition(" ")[2]) for line in lines) == rows
    assert f'feature_observations_total{{bin="(2, 4]",feature="sepal_width_cm",version="1"}} {rows}' in text


@pytest.mark.parametrize("way", WAYS)
def test_without_a_journal_no_protocol_answers(
    serving: Any, settings: Settings, start: Callable[[Settings], TestClient], way: str
) -> None:
    assert serving.is_dir()
    settings.journal_dir.write_text("a file where the folder should be")
    client = start(settings)
    with pytest.raises((KeyError, ValueError)):
        WAYS[way](client)
    assert 'requests_shed_total{reason="journal"} 1.0' in client.get("/metrics").text


def test_every_row_has_an_id_of_version_7_in_the_order_of_the_rows(client: TestClient) -> None:
    inputs = [{"name": "x", "shape": [100, 4], "datatype": "INT32", "data": [1] * 400}]
    answer = client.post(INFER, json={"inputs": inputs, "outputs": [{"name": "prediction_id"}]})
    ids = answer.json()["outputs"][0]["data"]
    assert {(uuid.UUID(id_).version, uuid.UUID(id_).variant) for id_ in ids} == {(7, uuid.RFC_4122)}
    assert ids == sorted(set(ids))


@pytest.mark.parametrize("refuse", [v2_refusal, scoring_refusal])
def test_no_fault_of_the_server_looks_like_one_of_the_client_in_any_shape(refuse: Refusal) -> None:
    for error in (kind() for kind in ApiError.__subclasses__() if kind is not MethodNotAllowedError):
        reply = refuse(error, "id-1")
        content = orjson.loads(reply.body)
        assert reply.status == (400 if error.status == 422 else error.status)
        assert error.detail in content.values()
        assert (content.get("error_code") == "BAD_REQUEST") <= (reply.status < 500)
        assert (reply.status == 503) <= (b"retry-after" in dict(reply.headers))
