"""The api follows the policy while it is asked: no failed request, and every worker gets there."""

import signal
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.support.apis import Load, running_api
from tests.support.bundles import make_bundle, tiny_parts, write_policy
from tests.support.servers import http_answers, wait_until


def test_a_policy_move_under_load_fails_no_request_and_reaches_every_worker(tmp_path: Path) -> None:
    bundles = {str(version): make_bundle(tmp_path / "serving", tilt=version) for version in range(1, 6)}
    write_policy(tmp_path / "serving", 1, bundles["1"], "1")
    with running_api(tmp_path) as api, Load(api.url) as load:
        load.wait_for(50)
        for version in ("2", "3", "4", "5"):
            write_policy(api.serving, int(version), bundles[version], version)
            info = f'model_info{{variant="production",version="{version}"}}'
            wait_until(lambda info=info: api.metrics().get(info) == 2, f"both workers serve {version}")  # type: ignore[misc]
            load.wait_for(20)
        assert {v for n, v in api.metrics().items() if n.startswith("model_info") and 'version="5"' not in n} == {0}
    assert load.failures == []
    assert {answer["model"]["version"] for answer in load.answers} == set(bundles)
    # the probability a version gives is its own: nothing was mixed
    expected: dict[tuple[str, tuple[float, ...]], float] = {}
    for answer in load.answers:
        assert answer["model"]["bundle"] == bundles[answer["model"]["version"]]
        key = (answer["model"]["version"], tuple(answer["row"]))
        assert expected.setdefault(key, answer["probabilities"]["setosa"]) == answer["probabilities"]["setosa"]


def test_a_corrupt_bundle_leaves_the_old_one_serving_and_says_why(tmp_path: Path) -> None:
    serving = tmp_path / "serving"
    write_policy(serving, 1, make_bundle(serving), "1")
    bad = tiny_parts(tilt=1.0).with_file("model.onnx", b"\x00" * 1000).write(serving / "bundles")
    with running_api(tmp_path) as api, Load(api.url) as load:
        write_policy(serving, 2, bad, "2")
        refused = 'model_swaps_total{outcome="refused",reason="model",variant="production"}'
        wait_until(lambda: api.metrics().get(refused, 0) >= 2, "both workers refused the bundle")
        load.wait_for(50)
        assert api.metrics()['model_info{variant="production",version="1"}'] == 2
        assert http_answers(f"{api.url}/health/ready")
        api.server.process.send_signal(signal.SIGHUP)
        # new workers, which never saw the version before: each refuses the bundle for itself, and serves the old one
        wait_until(lambda: api.metrics().get(refused, 0) >= 4, "both new workers refused the bundle")
        load.wait_for(50)
    assert load.failures == []
    assert {answer["model"]["version"] for answer in load.answers} == {"1"}


def test_it_starts_without_a_model_and_serves_when_one_appears(tmp_path: Path) -> None:
    with running_api(tmp_path, ready=False) as api:
        assert http_answers(f"{api.url}/health/ready", 503)
        answer = api.predict()
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert answer.headers["content-type"] == "application/problem+json"
        write_policy(api.serving, 1, make_bundle(api.serving), "1")
        info = 'model_info{variant="production",version="1"}'
        wait_until(lambda: api.metrics().get(info) == 2, "both workers serve the model")
        assert api.predict().status_code == 200


@pytest.mark.parametrize(("name", "value"), [("API_PORT", "many"), ("AUDIT_FSYNC", "sometimes")])
def test_a_setting_that_makes_no_sense_is_named_and_nothing_starts(tmp_path: Path, name: str, value: str) -> None:
    settings: dict[str, Any] = {name: value}
    with pytest.raises(Exception, match=name), running_api(tmp_path, **settings):
        pass


def test_the_docs_and_the_description_come_from_a_real_worker(tmp_path: Path) -> None:
    write_policy(tmp_path / "serving", 1, make_bundle(tmp_path / "serving"), "1")
    with running_api(tmp_path) as api:
        assert httpx2.get(f"{api.url}/docs/swagger-ui-bundle.js").headers["content-type"].startswith("text/javascript")
        document = httpx2.get(f"{api.url}/openapi.json").json()
        example = document["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]["example"]
        assert httpx2.post(f"{api.url}/predict", json=example).status_code == 200
