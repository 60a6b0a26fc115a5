"""The Open Inference Protocol v2 over HTTP, in this process: shapes, datatypes, binary tensors, and refusals."""

from collections.abc import Callable
from typing import Any

import numpy as np
import orjson
import pytest
from starlette.testclient import TestClient

from api.protocols.tensors import DTYPES
from api.settings import Settings
from tests.support.bundles import FLOWERS, IRIS, make_bundle, tiny_parts, write_policy
from tests.support.journals import records
from tests.support.mixed_bundles import mixed_parts

INFER = "/v2/models/iris_clf/infer"
ROWS = [[5.1, 3.5, 1.4, 0.2], [7.0, 2.5, 7.9, 3.0]]


def tensor(data: Any = ROWS, shape: tuple[int, ...] = (2, 4), datatype: str = "FP64", **more: Any) -> dict[str, Any]:
    return {"name": "features", "shape": shape, "datatype": datatype, "data": data, **more}


def infer(client: TestClient, *inputs: dict[str, Any], **more: Any) -> Any:
    return client.post(INFER, json={"inputs": inputs, **more})


def outputs(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    return {output["name"]: output for output in answer.json()["outputs"]}


def refused(answer: Any, status: int = 400) -> str:
    assert answer.status_code == status, answer.text
    assert answer.json().keys() == {"error"}
    return str(answer.json()["error"])


def native(client: TestClient, rows: list[list[float]]) -> list[dict[str, Any]]:
    batch = [dict(zip(IRIS, row, strict=True)) for row in rows]
    predictions: list[dict[str, Any]] = client.post("/predict/batch", json={"rows": batch}).json()["predictions"]
    return predictions


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


def binary(rows: np.ndarray[Any, Any], datatype: str, **request: Any) -> tuple[bytes, dict[str, str]]:
    raw = rows.tobytes()
    declared = {"name": "features", "shape": rows.shape, "datatype": datatype}
    head = orjson.dumps({"inputs": [declared | {"parameters": {"binary_data_size": len(raw)}}], **request})
    return head + raw, {"inference-header-content-length": str(len(head))}


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


def test_what_is_not_served_is_404(client: TestClient) -> None:
    for path in ("/v2/models/other", "/v2/models/iris_clf/versions/9", "/v2/models/iris_clf/versions/x"):
        for answer in (client.get(path), client.get(f"{path}/ready"), client.post(f"{path}/infer", json={})):
            assert "iris_clf version 1" in refused(answer, 404)
    assert refused(client.get(INFER), 405)


def test_it_describes_itself(client: TestClient) -> None:
    assert client.get("/v2").json()["extensions"] == ["binary_tensor_data"]
    assert client.get("/v2/health/live").json() == {"live": True}
    assert client.get("/v2/health/ready").json() == {"live": True, "ready": True}
    for path in ("/v2/models/iris_clf", "/v2/models/iris_clf/versions/1"):
        model = client.get(path).json()
        assert (model["name"], model["versions"], model["platform"]) == ("iris_clf", ["1"], "onnx_onnxv1")
        assert model["inputs"] == [{"name": "features", "datatype": "FP32", "shape": [-1, 4]}]
        described = {output["name"]: output for output in model["outputs"]}
        for name, output in outputs(infer(client, tensor())).items():
            assert output["datatype"] == described[name]["datatype"]
            assert output["shape"][1:] == described[name]["shape"][1:]
        assert client.get(f"{path}/ready").json() == {"name": "iris_clf", "ready": True}


def test_a_canary_answers_by_its_version_and_a_shadow_never(client: TestClient, settings: Settings) -> None:
    bundle = make_bundle(settings.serving_dir, tilt=-9.0)
    production = {"bundle": make_bundle(settings.serving_dir, tilt=1.0), "version": "1"}
    write_policy(
        settings.serving_dir, 2, **production,
        canary={"version": "2", "bundle": bundle, "percent": 5}, shadow={"version": "3", "bundle": bundle},
    )  # fmt: skip
    for _ in range(500):
        if client.get("/v2/models/iris_clf").json()["versions"] == ["1", "2"]:
            break
    answer = client.post("/v2/models/iris_clf/versions/2/infer", json={"inputs": [tensor()]})
    assert answer.json()["model_version"] == "2"
    record = records(settings.journal_dir)[-1]
    assert (record["version"], record["variant"]) == ("2", "canary")
    refused(client.post("/v2/models/iris_clf/versions/3/infer", json={"inputs": [tensor()]}), 404)


def test_without_a_model_it_is_not_ready(settings: Settings, start: Callable[[Settings], TestClient]) -> None:
    client = start(settings)
    assert client.get("/v2/health/live").status_code == 200
    assert client.get("/v2/health/ready").status_code == 503
    for answer in (client.get("/v2/models/iris_clf/ready"), infer(client, tensor())):
        assert refused(answer, 503)
        assert answer.headers["retry-after"] == "2"


def test_requests_are_counted_by_template(client: TestClient) -> None:
    infer(client, tensor())
    client.post("/v2/models/other/infer", json={})
    text = client.get("/metrics").text
    route = "/v2/models/{name}/infer"
    for status in ("200", "404"):
        assert f'http_requests_total{{method="POST",route="{route}",status="{status}"}} 1.0' in text
    assert "predict_requests_total 2.0" in text
    assert f'predictions_total{{label="{FLOWERS[0]}",variant="production",version="1"}} 1.0' in text


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


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("path", ["/v2/nothing", "/v2/models", "/v2/models/iris_clf/nothing", "/v2/repository/index"])
def test_an_address_that_the_protocol_lacks_is_refused_in_its_own_shape(
    client: TestClient, path: str, method: str
) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, list(answer.json())) == (404, ["error"])
    assert isinstance(answer.json()["error"], str)


def test_the_server_s_metadata_is_at_both_spellings_of_its_address(client: TestClient) -> None:
    assert client.get("/v2/").json() == client.get("/v2").json()
    assert client.get("/v2/").json()["name"] == "mlops-iris"
