"""API keys against a real server with two workers: taken over by both, and one rate for both."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.access.keys import Keys, make_key, write_keys
from tests.support.apis import ROW, Api, running_api
from tests.support.bundles import make_bundle, write_policy
from tests.support.journals import records
from tests.support.polling import eventually


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder: Path = tmp_path_factory.mktemp("keys")
    write_policy(folder / "serving", 1, make_bundle(folder / "serving"), "1")
    with running_api(folder, API_KEYS_FILE=str(folder / "keys.json")) as running:
        yield running


def give(api: Api, rate: float | None = None) -> str:
    secret, key = make_key("me", frozenset({"predict"}), rate)
    write_keys(api.serving.parent / "keys.json", Keys(keys=(key,)))
    eventually(lambda: {status(api, secret) for _ in range(20)} <= {200, 429})
    return secret


def status(api: Api, key: str) -> int:
    # a connection each, so that either worker may answer
    return api.client.post(f"{api.url}/predict", json=ROW, headers={"authorization": f"Bearer {key}"}).status_code


def test_every_worker_takes_new_keys_over_and_forgets_old_ones(api: Api) -> None:
    old = give(api)
    new = give(api)
    assert {status(api, old) for _ in range(20)} == {401}
    assert {status(api, new) for _ in range(20)} == {200}
    assert api.predict().status_code == 401
    assert {record["key"] for record in records(api.journal)} == {"me"}
    assert api.metrics()["api_keys"] == 1


def test_a_rate_is_of_all_workers_together(api: Api) -> None:
    rate = 20.0
    key = give(api, rate)
    started = time.monotonic()
    passed = sum(status(api, key) == 200 for _ in range(200))
    seconds = time.monotonic() - started
    # a full bucket and what flowed in meanwhile; a bucket each would have let nearly twice as many pass
    assert passed <= rate + seconds * rate + 1
    assert api.metrics()['http_requests_total{method="POST",route="/predict",status="429"}'] > 0
