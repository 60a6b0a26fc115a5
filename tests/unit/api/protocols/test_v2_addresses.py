"""The addresses of the Open Inference Protocol v2: metadata, readiness, versions, and those that are not there."""

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from api.settings import Settings
from tests.support.bundles import FLOWERS, make_bundle, write_policy
from tests.support.journals import records
from tests.support.v2 import INFER, infer, outputs, refused, tensor


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
