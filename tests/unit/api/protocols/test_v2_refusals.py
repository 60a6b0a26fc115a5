"""A request of the Open Inference Protocol v2 that is wrong is refused by the name of its fault."""

from typing import Any

import numpy as np
import orjson
import pytest
from starlette.testclient import TestClient

from api.settings import Settings
from tests.support.bundles import IRIS
from tests.support.journals import records
from tests.support.v2 import INFER, ROWS, binary, infer, outputs, refused, tensor

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no rows": (tensor([], (0, 4)), "no rows"),
    "too few columns": (tensor([1.0] * 6, (2, 3)), "not [n, 4]"),
    "one dimension": (tensor([1.0] * 4, (4,)), "not [n, 4]"),
    "data of another shape": (tensor([1.0] * 7), "8 elements"),
    "ragged data": (tensor([[1.0] * 4, [1.0] * 3]), "not nested like its shape"),
    "deeper data": (tensor([[[1.0]] * 4] * 2), "not FP64 numbers"),
    "a boolean": (tensor([[True, 1.0, 1.0, 1.0]], (1, 4)), "not FP64 numbers"),
    "a text": (tensor([["5.1", 1.0, 1.0, 1.0]], (1, 4)), "not FP64 numbers"),
    "null": (tensor([[None, 1.0, 1.0, 1.0]], (1, 4)), "not FP64 numbers"),
    "a fraction as INT64": (tensor([[5.1, 1, 1, 1]], (1, 4), "INT64"), "not INT64 numbers"),
    "more than INT32 holds": (tensor([[2**31, 1, 1, 1]], (1, 4), "INT32"), "beyond INT32"),
    "more than float32 holds": (tensor([[1e39, 1.0, 1.0, 1.0]], (1, 4)), "row 0, sepal_length_cm"),
    "more than float32 holds, as FP32": (tensor([[1.0, 1e39, 1.0, 1.0]], (1, 4), "FP32"), "row 0, sepal_width_cm"),
    "BYTES": (tensor(["a"] * 8, datatype="BYTES"), "not one of FP32"),
    "FP8": (tensor(datatype="FP8"), "not one of FP32"),
    "three dimensions": (tensor([[[1.0] * 4]], (1, 1, 4)), "the model takes [n, 4], or [n] or [n, 1] for each of "),
    "neither data nor binary": ({"name": "features", "shape": [1, 4], "datatype": "FP64"}, "either data or"),
    "both": (tensor(parameters={"binary_data_size": 64}), "either data or"),
    "a size that is a text": (tensor(parameters={"binary_data_size": "64"}), "not an integer"),
    "data that is an object": (tensor({"a": 1}), "not an array"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_tensor_is_refused_by_its_name_in_the_protocols_own_shape(
    client: TestClient, settings: Settings, case: str
) -> None:
    bad, message = REFUSED[case]
    shown = refused(infer(client, bad))
    assert "features" in shown
    assert message in shown
    assert records(settings.journal_dir) == []


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_what_is_not_finite_is_refused_by_name(client: TestClient, literal: str) -> None:
    body = orjson.dumps({"inputs": [tensor()]}).replace(b"5.1", literal.encode())
    assert "features" in refused(client.post(INFER, content=body))
    single = np.array([[1, np.nan, 1, 1]], dtype="<f4")
    content, headers = binary(single, "FP32")
    assert "row 0, sepal_width_cm" in refused(client.post(INFER, content=content, headers=headers))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "body"),
        (b"[]", "body"),
        (b"{", "body"),
        (b"[" * 9_000, "body"),
        (b"\xff", "body"),
        (
            b'{"inputs": []}',
            "inputs is empty, and the model takes [n, 4], or [n] or [n, 1] for each of sepal_length_cm",
        ),
        (b'{"inputs": null}', "inputs: Input should be a valid list"),
        (b'{"inputs": [{}]}', "inputs.0.name"),
        (b'{"inputs": [{"name": "x", "shape": [-1, 4], "datatype": "FP32", "data": []}]}', "inputs.0.shape.0"),
        (b'{"inputs": [{"name": "x", "shape": [1.5], "datatype": "FP32", "data": []}]}', "inputs.0.shape.0"),
        (b'{"inputs": [{"name": "x", "shape": ["1", 4], "datatype": "FP32", "data": []}]}', "inputs.0.shape.0"),
        (b'{"inputs": [{"name": "x", "shape": [true, 4], "datatype": "FP32", "data": []}]}', "inputs.0.shape.0"),
        (b'{"inputs": [{"name": "x", "shape": [null, 4], "datatype": "FP32", "data": []}]}', "inputs.0.shape.0"),
        (
            b'{"inputs": [{"name": "x", "shape": [], "datatype": "FP32", "data": []}]}',
            "inputs.0.shape: List should have",
        ),
        (b'{"inputs": [{"name": "x", "shape": [1], "datatype": "FP32", "data": [1]}], "id": 5}', "id"),
        (b'{"inputs": [{"name": "x", "shape": [1], "datatype": "FP32", "data": [1]}], "parameters": {"a": []}}', "a"),
    ],
)
def test_a_bad_envelope_is_refused(client: TestClient, body: bytes, message: str) -> None:
    assert message in refused(client.post(INFER, content=body))


@pytest.mark.parametrize(
    ("body", "suggested"),
    [
        (b'{"input": []}', "'inputs' by 'input'"),
        (b'{"Inputs": []}', "'inputs' by 'Inputs'"),
        (b'{"inputs": [{"nmae": "x", "shape": [1], "datatype": "FP32", "data": [1]}]}', "'name' by 'nmae'"),
        (b'{"inputs": [{"name": "x", "shape": [1], "dataType": "FP32", "data": [1]}]}', "'datatype' by 'dataType'"),
        (b'{"colour": []}', ""),
        (b'{"input": NaN}', ""),
    ],
)
def test_a_misspelt_field_of_the_envelope_is_answered_with_the_one_it_is_like(
    client: TestClient, body: bytes, suggested: str
) -> None:
    message = refused(client.post(INFER, content=body))
    assert message.partition("; did you mean ")[2] == (f"{suggested}?" if suggested else "")


def test_a_misspelt_tensor_or_output_is_answered_with_the_one_it_is_like(client: TestClient) -> None:
    columns = [{"name": name, "shape": [1], "datatype": "FP32", "data": [1.0]} for name in IRIS]
    misspelt = [{**columns[0], "name": "sepal_lenght_cm"}, *columns[1:]]
    assert refused(infer(client, *misspelt)).endswith("; did you mean 'sepal_length_cm' by 'sepal_lenght_cm'?")
    wanted = refused(infer(client, *columns, outputs=[{"name": "probabilites"}]))
    assert wanted.endswith("; did you mean 'probabilities' by 'probabilites'?")


def test_inputs_must_be_the_features_once_each(client: TestClient) -> None:
    columns = [{"name": name, "shape": [1], "datatype": "FP32", "data": [1.0]} for name in IRIS]
    assert outputs(infer(client, *columns))
    assert "neither" in refused(infer(client, *columns[:3]))
    assert "neither" in refused(infer(client, *columns, columns[0]))
    assert "neither" in refused(infer(client, *columns[:3], columns[0]))
    uneven = [*columns[:3], columns[3] | {"shape": [2], "data": [1.0, 1.0]}]
    assert "petal_width_cm" in refused(infer(client, *uneven))
    not_finite = [*columns[:3], columns[3] | {"data": [1e300]}]
    assert "petal_width_cm" in refused(infer(client, *not_finite))


def test_outputs_must_be_ours_once_each(client: TestClient) -> None:
    assert "it is not one of" in refused(infer(client, tensor(), outputs=[{"name": "logits"}]))
    assert "twice" in refused(infer(client, tensor(), outputs=[{"name": "label"}] * 2))


def test_binary_lengths_must_add_up(client: TestClient) -> None:
    body, headers = binary(np.array(ROWS), "FP64")
    for content, length in (
        (body + b"\0", headers["inference-header-content-length"]),
        (body[:-1], headers["inference-header-content-length"]),
        (body, "99999"),
        (body, "-1"),
        (body, "1_0"),
        (body, "9" * 40),
    ):
        refused(client.post(INFER, content=content, headers={"inference-header-content-length": length}))
    wrong = body.replace(b'size":64', b'size":56')
    assert "64 bytes" in refused(client.post(INFER, content=wrong, headers=headers))


def test_limits_apply(client: TestClient) -> None:
    refused(infer(client, tensor([[1] * 4] * 101, (101, 4))), 413)
    refused(infer(client, tensor([], (2**31, 4))), 413)
    refused(client.post(INFER, content=b" " * 10_001), 413)
    refused(client.post(INFER, content=b"{}", headers={"content-encoding": "br"}), 415)
