"""Requests of the Open Inference Protocol v2 for the iris model, and the parts of their answers."""

from typing import Any

import numpy as np
import orjson
from starlette.testclient import TestClient

from tests.support.bundles import IRIS

INFER = "/v2/models/iris_clf/infer"

ROWS = [[5.1, 3.5, 1.4, 0.2], [7.0, 2.5, 7.9, 3.0]]


def tensor(data: Any = ROWS, shape: tuple[int, ...] = (2, 4), datatype: str = "FP64", **more: Any) -> dict[str, Any]:
    """The one tensor of all features that a request holds."""
    return {"name": "features", "shape": shape, "datatype": datatype, "data": data, **more}


def infer(client: TestClient, *inputs: dict[str, Any], **more: Any) -> Any:
    """The answer to one inference request."""
    return client.post(INFER, json={"inputs": inputs, **more})


def outputs(answer: Any) -> dict[str, Any]:
    """The outputs of an answer by their names."""
    assert answer.status_code == 200, answer.text
    return {output["name"]: output for output in answer.json()["outputs"]}


def refused(answer: Any, status: int = 400) -> str:
    """The message of a refusal in the protocol's own shape."""
    assert answer.status_code == status, answer.text
    assert answer.json().keys() == {"error"}
    return str(answer.json()["error"])


def native(client: TestClient, rows: list[list[float]]) -> list[dict[str, Any]]:
    """The answers of the native protocol to the same rows."""
    batch = [dict(zip(IRIS, row, strict=True)) for row in rows]
    predictions: list[dict[str, Any]] = client.post("/predict/batch", json={"rows": batch}).json()["predictions"]
    return predictions


def binary(rows: np.ndarray[Any, Any], datatype: str, **request: Any) -> tuple[bytes, dict[str, str]]:
    """The body and the headers of a request with one binary tensor."""
    raw = rows.tobytes()
    declared = {"name": "features", "shape": rows.shape, "datatype": datatype}
    head = orjson.dumps({"inputs": [declared | {"parameters": {"binary_data_size": len(raw)}}], **request})
    return head + raw, {"inference-header-content-length": str(len(head))}
