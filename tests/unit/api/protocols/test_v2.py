"""The Open Inference Protocol v2 over HTTP, in this process: shapes, datatypes, binary tensors, and what comes back."""

from collections.abc import Callable
from typing import Any

import numpy as np
import orjson
import pytest
from starlette.testclient import TestClient

from api.protocols.tensors import DTYPES
from api.settings import Settings
from tests.support.bundles import IRIS, tiny_parts, write_policy
from tests.support.journals import records
from tests.support.mixed_bundles import mixed_parts
from tests.support.v2 import INFER, ROWS, binary, infer, native, outputs, refused, tensor


def test_an_answer_has_the_rows_of_the_native_one_and_is_in_the_journal(client: TestClient, settings: Settings) -> None:
    answer = infer(client, tensor(), id="mine")
    assert answer.json()["id"] == "mine"
    assert (answer.json()["model_name"], answer.json()["model_version"]) == ("iris_clf", "1")
    found, wanted = outputs(answer), native(client, ROWS)
    assert found["label"] == {
        "name": "label", "datatype": "INT64", "shape": [2], "data": [row["label_id"] for row in wanted]
    }  # fmt: skip
    assert (found["label_name"]["datatype"], found["label_name"]["data"]) == ("BYTES", ["setosa", "virginica"])
    assert (found["probabilities"]["datatype"], found["probabilities"]["shape"]) == ("FP32", [2, 3])
    assert found["probabilities"]["data"] == [share for row in wanted for share in row["probabilities"].values()]
    record, other = records(settings.journal_dir)
    assert record.keys() == other.keys()
    assert (record["kind"], record["ids"]) == ("prediction", found["prediction_id"]["data"])
    assert record["rows"] == other["rows"] == ROWS
    assert record["probabilities"] == other["probabilities"]


@pytest.mark.parametrize("datatype", ["FP32", "FP64", "INT32", "INT64"])
@pytest.mark.parametrize("nested", [True, False])
def test_every_datatype_is_taken_flat_and_nested(client: TestClient, datatype: str, nested: bool) -> None:
    rows = np.array([[5, 3, 1, 0], [7, 2, 8, 3]])
    data = (rows if nested else rows.ravel()).tolist()
    found = outputs(infer(client, tensor(data, datatype=datatype)))
    assert found["label"]["data"] == [row["label_id"] for row in native(client, rows.tolist())]


@pytest.mark.parametrize("shape", [[2], [2, 1]])
def test_one_tensor_per_feature_in_any_order_and_mixed_types(client: TestClient, shape: list[int]) -> None:
    rows = [[5.0, *ROWS[0][1:]], [6.0, *ROWS[1][1:]]]
    columns = dict(zip(IRIS, np.array(rows).T.tolist(), strict=True))
    inputs = [
        {"name": name, "shape": shape, "datatype": "FP64", "data": column} for name, column in reversed(columns.items())
    ]
    inputs[-1] |= {"datatype": "INT64", "data": [5, 6]}
    found, wanted = (outputs(answer) for answer in (infer(client, *inputs), infer(client, tensor(rows))))
    assert found["probabilities"] == wanted["probabilities"]


def test_only_the_outputs_asked_for_come_in_their_order(client: TestClient) -> None:
    answer = infer(client, tensor(), outputs=[{"name": "probabilities"}, {"name": "label"}])
    assert [output["name"] for output in answer.json()["outputs"]] == ["probabilities", "label"]
    assert "id" not in answer.json()
    assert "parameters" not in answer.json()


def test_parameters_come_back_without_those_of_the_extension(client: TestClient) -> None:
    sent = {"tenant": "a", "priority": 1, "trace": True, "share": 0.5}
    answer = infer(client, tensor(), parameters=sent | {"binary_data_output": False})
    assert answer.json()["parameters"] == sent


@pytest.mark.parametrize(("datatype", "dtype"), [(name, dtype.str) for name, dtype in DTYPES.items()])
def test_tensors_go_in_and_come_out_in_binary(client: TestClient, datatype: str, dtype: str) -> None:
    rows = np.array([[5, 3, 1, 0], [7, 2, 8, 3]], dtype=dtype)
    body, headers = binary(rows, datatype, parameters={"binary_data_output": True})
    answer = client.post(INFER, content=body, headers=headers)
    assert answer.headers["content-type"] == "application/octet-stream"
    length = int(answer.headers["inference-header-content-length"])
    tail = answer.content[length:]
    found: dict[str, bytes] = {}
    for output in orjson.loads(answer.content[:length])["outputs"]:
        assert "data" not in output
        size = output["parameters"]["binary_data_size"]
        found[output["name"]], tail = tail[:size], tail[size:]
    assert tail == b""
    wanted = native(client, rows.tolist())
    assert np.frombuffer(found["label"], "<i8").tolist() == [row["label_id"] for row in wanted]
    assert np.frombuffer(found["probabilities"], "<f4").tolist() == pytest.approx(
        [share for row in wanted for share in row["probabilities"].values()]
    )
    assert found["label_name"] == b"\x06\0\0\0setosa\x09\0\0\0virginica"
    assert len(found["prediction_id"]) == 2 * 40


def test_an_output_says_for_itself_whether_it_is_binary(client: TestClient) -> None:
    wanted = [{"name": "label", "parameters": {"binary_data": False}}, {"name": "probabilities"}]
    body, headers = binary(np.array(ROWS), "FP64", parameters={"binary_data_output": True}, outputs=wanted)
    answer = client.post(INFER, content=body, headers=headers)
    length = int(answer.headers["inference-header-content-length"])
    label, probabilities = orjson.loads(answer.content[:length])["outputs"]
    assert label["data"] == [0, 2]
    assert probabilities["parameters"] == {"binary_data_size": 24}
    plain = client.post(INFER, json={"inputs": [tensor()], "outputs": [{"name": "label"}]})
    assert "inference-header-content-length" not in plain.headers


def test_integer_columns_take_whole_numbers_of_any_datatype(
    settings: Settings, start: Callable[[Settings], TestClient]
) -> None:
    bundle = tiny_parts(dtype="int64").write(settings.serving_dir / "bundles")
    write_policy(settings.serving_dir, 1, bundle)
    client = start(settings)
    assert outputs(infer(client, tensor([[5.0, 3.0, 1.0, 0.0]], (1, 4), "FP32")))
    assert outputs(infer(client, tensor([[5.0, 3, 1.0, 0.0]], (1, 4), "INT64")))
    assert "not an integer" in refused(infer(client, tensor([[5.0, 3.5, 1.0, 0.0]], (1, 4), "FP32")))
    assert "not INT64 numbers" in refused(infer(client, tensor([[5.0, 3.5, 1.0, 0.0]], (1, 4), "INT64")))


def test_a_tensor_for_each_column_takes_a_whole_number_with_a_point_as_an_integer(
    settings: Settings, start: Callable[[Settings], TestClient]
) -> None:
    write_policy(settings.serving_dir, 1, mixed_parts().write(settings.serving_dir / "bundles"), model="prices")
    client = start(settings)

    def asked(count: object, datatype: str) -> Any:
        kinds = {"mean length (µ)": "FP64", "count": datatype, "paid": "BOOL", "returned": "BOOL"}
        row = {"mean length (µ)": None, "count": count, "colour": None, "shop": "b", "paid": False, "returned": None}
        inputs = [
            {"name": name, "shape": [1], "datatype": kinds.get(name, "BYTES"), "data": [value]}
            for name, value in row.items()
        ]
        return client.post("/v2/models/prices/infer", json={"inputs": inputs, "outputs": [{"name": "value"}]})

    for datatype in ("INT64", "INT32", "FP64", "FP32"):
        assert outputs(asked(4.0, datatype))["value"]["data"] == [7.0]
        assert "count" in refused(asked(4.5, datatype))


def test_a_float32_falls_into_the_bin_and_the_range_of_the_number_it_stands_for(
    settings: Settings, start: Callable[[Settings], TestClient]
) -> None:
    parts = tiny_parts()
    reference = parts.files["reference.json"].replace(b"2.0,", b"4.9,").replace(b"4.0\n", b"5.3\n")
    parts.manifest["features"][0] |= {"maximum": 5.1, "minimum": 4.9}
    write_policy(
        settings.serving_dir, 1, parts.with_file("reference.json", reference).write(settings.serving_dir / "bundles")
    )
    client = start(settings)
    # as doubles, float32(4.9) is above 4.9 and float32(5.3) above 5.3; float32(5.1) is below 5.1
    values = [4.9, 5.1, 5.3]
    for rows in (1, 20):
        data = [[value, 3.0, 1.0, 0.5] for value in values for _ in range(rows)]
        assert outputs(infer(client, tensor(data, (3 * rows, 4), "FP32")))
    text = client.get("/metrics").text
    for label, count in (("(-inf, 2]", 21.0), ("(2, 4]", 42.0)):
        assert f'feature_observations_total{{bin="{label}",feature="sepal_length_cm",version="1"}} {count}' in text
    assert 'out_of_range_total{feature="sepal_length_cm"} 21.0' in text


def test_a_tensor_of_bf16_is_the_upper_half_of_one_of_fp32(client: TestClient) -> None:
    rows = np.array([[5, 3, 1, 0.5], [7, 2, 8, 3]], dtype="<f4")
    halves = (rows.view("<u4") >> 16).astype("<u2")
    body, headers = binary(halves, "BF16")
    answer = client.post(INFER, content=body, headers=headers).json()
    outputs = {output["name"]: output["data"] for output in answer["outputs"]}
    assert outputs["label"] == [row["label_id"] for row in native(client, rows.tolist())]


def test_null_stands_for_an_id_and_parameters_that_are_not_there(client: TestClient) -> None:
    outputs = [{"name": "label", "parameters": None}]
    answer = infer(client, tensor(parameters=None), id=None, parameters=None, outputs=outputs)
    assert answer.status_code == 200
    assert not {"id", "parameters"} & set(answer.json())
