"""tritonclient, the reference client of the Open Inference Protocol, unchanged against a real server."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

from tests.support.apis import Api, running_api
from tests.support.bundles import FLOWERS, IRIS, make_bundle, write_policy
from tests.support.journals import records

ROWS = np.array([[5.1, 3.5, 1.4, 0.2], [6.0, 2.7, 4.2, 1.3], [7.0, 2.5, 7.9, 3.0]], dtype=np.float32)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder: Path = tmp_path_factory.mktemp("api")
    write_policy(folder / "serving", 1, make_bundle(folder / "serving"), "1")
    with running_api(folder) as running:
        yield running


@pytest.fixture
def client(api: Api) -> Iterator[Any]:
    with triton.InferenceServerClient(api.url.removeprefix("http://")) as connected:
        yield connected


def tensor(rows: np.ndarray[Any, Any], *, name: str = "features", binary: bool = True) -> Any:
    datatype = {"float32": "FP32", "float64": "FP64", "int64": "INT64", "int32": "INT32"}[rows.dtype.name]
    made = triton.InferInput(name, list(rows.shape), datatype)
    made.set_data_from_numpy(rows, binary_data=binary)
    return made


def test_it_finds_the_server_and_the_model(client: Any) -> None:
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("iris_clf")
    assert client.is_model_ready("iris_clf", "1")
    assert not client.is_model_ready("iris_clf", "2")
    assert not client.is_model_ready("other")
    assert "binary_tensor_data" in client.get_server_metadata()["extensions"]
    assert [tensor["name"] for tensor in client.get_model_metadata("iris_clf", "1")["inputs"]] == ["features"]


@pytest.mark.parametrize("binary_in", [True, False])
@pytest.mark.parametrize("binary_out", [True, False])
def test_it_infers_in_binary_and_in_json(api: Api, client: Any, binary_in: bool, binary_out: bool) -> None:
    names = ("label", "label_name", "probabilities", "prediction_id")
    wanted = [triton.InferRequestedOutput(name, binary_data=binary_out) for name in names]
    result = client.infer(
        "iris_clf", [tensor(ROWS, binary=binary_in)], model_version="1", outputs=wanted, request_id="mine",
        parameters={"tenant": "a"},
    )  # fmt: skip
    assert result.get_response()["id"] == "mine"
    assert result.get_response()["parameters"] == {"tenant": "a"}
    assert result.as_numpy("label").tolist() == [0, 1, 2]
    body = [api.predict(**dict(zip(IRIS, map(float, map(str, row)), strict=True))).json() for row in ROWS]
    assert result.as_numpy("probabilities").tolist() == [
        [np.float32(share) for share in answer["probabilities"].values()] for answer in body
    ]
    as_text = [name.decode() if binary_out else name for name in result.as_numpy("label_name")]
    assert as_text == list(FLOWERS)
    ids = [id_.decode() if binary_out else id_ for id_ in result.as_numpy("prediction_id")]
    assert any(record["ids"] == ids for record in records(api.journal))


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "int32"])
def test_it_sends_every_datatype_and_a_tensor_per_feature(client: Any, dtype: str) -> None:
    rows = ROWS.round().astype(dtype)
    whole = client.infer("iris_clf", [tensor(rows)]).as_numpy("probabilities")
    columns = [tensor(rows[:, index].copy(), name=name) for index, name in enumerate(IRIS)]
    assert np.array_equal(client.infer("iris_clf", columns[::-1]).as_numpy("probabilities"), whole)


def test_ten_thousand_rows_are_answered_in_order(client: Any) -> None:
    rows = np.resize(ROWS, (10_000, 4))
    result = client.infer("iris_clf", [tensor(rows)])
    assert result.as_numpy("label").tolist() == [0, 1, 2] * 3333 + [0]
    assert len(set(result.as_numpy("prediction_id"))) == 10_000


def test_it_learns_what_is_wrong(client: Any) -> None:
    for inputs, model, status, message in (
        ([tensor(ROWS[:, :3].copy())], "iris_clf", "400", "its shape is not"),
        ([tensor(np.full((1, 4), np.nan, dtype=np.float32))], "iris_clf", "400", "sepal_length_cm"),
        ([tensor(np.zeros((10_001, 4), dtype=np.float32))], "iris_clf", "413", "at most 10000 rows"),
        ([tensor(ROWS)], "other", "404", "iris_clf version 1"),
    ):
        with pytest.raises(InferenceServerException, match=message) as caught:
            client.infer(model, inputs)
        assert caught.value.status() == status
