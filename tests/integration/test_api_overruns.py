"""Models that pass every check and take for ever on some inputs, in front of real workers."""

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.support.apis import ROW, Api, running_api
from tests.support.bundles import IRIS, make_bundle, make_even_bundle, write_policy
from tests.support.hostile_models import looping_above, multiplying_above
from tests.support.servers import wait_until
from tests.torture.raw import connect, one, request

ENDLESS = {**ROW, IRIS[0]: 200.0}
TABLE = ",".join(IRIS) + "\n" + ",".join(str(value) for value in ENDLESS.values()) + "\n"
TENSOR = {"name": "features", "shape": [1, 4], "datatype": "FP64", "data": list(ENDLESS.values())}
PATIENCE = 10
"""Seconds. Less than the four requests would take one after the other, and much less than gunicorn's heartbeat."""


@contextmanager
def asking(api: Api, body: dict[str, float], times: int, **headers: str) -> Iterator[list["Future[httpx2.Response]"]]:
    """So many requests at once, each on its own connection."""
    with ThreadPoolExecutor(times) as threads, httpx2.Client(timeout=120, headers={"connection": "close"}) as client:
        url = f"{api.url}/predict"
        yield [threads.submit(client.post, url, json=body, headers=headers) for _ in range(times)]


def slug(answer: httpx2.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    kind: str = answer.json()["type"]
    return kind.removeprefix("urn:mlops-iris:problem:")


class Watch:
    """Asks for health all the time and keeps the longest wait."""

    def __init__(self, api: Api) -> None:
        self._url = f"{api.url}/health"
        self._over = threading.Event()
        self.asked, self.longest = 0, 0.0

    def run(self) -> None:
        with httpx2.Client(timeout=120, headers={"connection": "close"}) as client:
            while not self._over.wait(0.02):
                started = time.monotonic()
                assert client.get(self._url).status_code == 200
                self.longest = max(self.longest, time.monotonic() - started)
                self.asked += 1

    @contextmanager
    def watching(self) -> Iterator["Watch"]:
        with ThreadPoolExecutor(1) as thread:
            running = thread.submit(self.run)
            try:
                yield self
            finally:
                self._over.set()
            running.result()


@pytest.fixture
def looping(tmp_path: Path) -> Iterator[Api]:
    """One worker whose production never ends for a value above 100; a run may take 0.8 seconds."""
    write_policy(tmp_path / "serving", 1, make_even_bundle(tmp_path / "serving", looping_above(100.0)), "1")
    with running_api(tmp_path, API_WORKERS="1", RUN_TIMEOUT_MS="800") as api:
        yield api


def test_four_requests_that_never_end_stop_neither_health_nor_other_rows(looping: Api) -> None:
    workers = looping.workers()
    with Watch(looping).watching() as health, asking(looping, ENDLESS, 4) as endless:
        with asking(looping, ROW, 20) as good:
            assert [future.result().status_code for future in good] == [200] * 20
        assert not any(future.done() and future.result().status_code == 200 for future in endless)
        refused = [future.result() for future in endless]
    assert {(answer.status_code, slug(answer)) for answer in refused} == {(504, "run-timeout")}
    assert health.asked > 0
    assert health.longest < PATIENCE
    assert looping.predict().status_code == 200
    assert looping.workers() == workers
    assert looping.total("prediction_failures_total") == 4
    assert looping.metrics()['requests_shed_total{reason="overrun"}'] == 4


def test_a_row_beside_one_that_never_ends_is_answered_although_they_were_one_run(looping: Api) -> None:
    async def ask() -> list[int]:
        clients = [await connect(looping) for _ in range(9)]
        for number, client in enumerate(clients):
            client.writer.write(request("/predict", one(**({IRIS[0]: 200.0} if number == 4 else {}))))
        statuses = [(await client.answer()).status for client in clients]
        for client in clients:
            client.close()
        return statuses

    assert asyncio.run(ask()) == [200] * 4 + [504] + [200] * 4


@pytest.mark.parametrize(
    ("path", "content_type", "body"),
    [
        ("/predict/batch", "application/json", json.dumps({"rows": [ROW, ENDLESS]})),
        ("/predict/batch", "text/csv", TABLE),
        ("/invocations", "application/json", json.dumps({"dataframe_records": [ENDLESS]})),
        ("/v2/models/iris_clf/infer", "application/json", json.dumps({"inputs": [TENSOR]})),
    ],
    ids=["a batch", "a table", "MLflow's", "v2"],
)
def test_a_batch_that_never_ends_is_refused_in_every_protocol(
    looping: Api, path: str, content_type: str, body: str
) -> None:
    headers = {"content-type": content_type}
    answer = looping.client.post(f"{looping.url}{path}", content=body, headers=headers, timeout=120)
    assert answer.status_code == 504
    assert "RUN_TIMEOUT_MS" in answer.text
    assert looping.predict().status_code == 200


def test_the_time_that_a_client_allows_ends_its_wait_for_a_run(looping: Api) -> None:
    for _ in range(2):
        with asking(looping, ENDLESS, 1, **{"x-request-timeout-ms": "200"}) as (endless,):
            answer = endless.result()
        assert (answer.status_code, slug(answer)) == (504, "deadline-exceeded")
    assert looping.predict().status_code == 200


def test_a_version_whose_rows_never_end_gets_no_second_chance_after_the_third(looping: Api) -> None:
    for _ in range(4):
        with asking(looping, ENDLESS, 1) as (endless,):
            assert slug(endless.result()) == "run-timeout"
    assert (looping.metrics_dir.parent / "api.log").read_text().count("took too long and was broken off") == 3


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Api]:
    """Two workers whose production is well."""
    write_policy(tmp_path / "serving", 1, make_bundle(tmp_path / "serving"), "1")
    with running_api(tmp_path, RUN_TIMEOUT_MS="300") as api:
        yield api


def put(api: Api, generation: int, variant: str, bundle: str, **others: Any) -> None:
    """Until both workers have version 2 as that variant."""
    production = json.loads((api.serving / "policy.json").read_bytes())["production"]["bundle"]
    write_policy(api.serving, generation, production, "1", **{variant: {"version": "2", "bundle": bundle, **others}})
    wait_until(lambda: held(api, variant) == 2, f"both workers have the {variant}")


def held(api: Api, variant: str) -> float:
    return api.metrics().get(f'model_info{{variant="{variant}",version="2"}}', 0.0)


def pinned(api: Api, body: dict[str, float]) -> httpx2.Response:
    return api.client.post(f"{api.url}/predict", json=body, headers={"x-model-version": "2"}, timeout=120)


def assert_counted_out(api: Api, variant: str) -> None:
    wait_until(lambda: held(api, variant) == 0, f"no worker has the {variant}")
    assert api.client.get(f"{api.url}/health").json()["counted_out"] == ["2"]
    assert api.metrics()[f'model_swaps_total{{outcome="refused",reason="overrun",variant="{variant}"}}'] >= 1
    assert api.predict(**{IRIS[0]: 200.0}).status_code == 200


def test_a_canary_that_took_too_long_once_is_counted_out_in_every_worker_until_it_is_named_again(stage: Api) -> None:
    bundle = make_even_bundle(stage.serving, looping_above(100.0))
    put(stage, 2, "canary", bundle, percent=0)
    assert pinned(stage, ROW).json()["model"]["version"] == "2"
    assert slug(pinned(stage, ENDLESS)) == "run-timeout"
    assert_counted_out(stage, "canary")
    starts = stage.metrics()["worker_starts_total"]
    stage.workers()[0].kill()
    wait_until(lambda: stage.metrics()["worker_starts_total"] > starts, "another worker runs")
    wait_until(lambda: stage.metrics()["workers"] == 2, "both workers run")
    assert held(stage, "canary") == 0
    write_policy(stage.serving, 3, json.loads((stage.serving / "policy.json").read_bytes())["production"]["bundle"])
    wait_until(lambda: not stage.client.get(f"{stage.url}/health").json()["counted_out"], "it is forgotten")
    put(stage, 4, "canary", bundle, percent=0)
    assert pinned(stage, ROW).status_code == 200


def test_a_shadow_that_took_too_long_is_counted_out_and_no_client_notices(stage: Api) -> None:
    put(stage, 2, "shadow", make_even_bundle(stage.serving, looping_above(100.0)))
    assert stage.predict(**{IRIS[0]: 200.0}).status_code == 200
    assert_counted_out(stage, "shadow")


def test_a_run_that_cannot_be_broken_off_costs_its_worker_and_the_next_one_does_without_that_version(
    stage: Api,
) -> None:
    put(stage, 2, "canary", make_even_bundle(stage.serving, multiplying_above(100.0)), percent=0)
    assert pinned(stage, ROW).status_code == 200
    starts = stage.metrics()["worker_starts_total"]
    with contextlib.suppress(httpx2.HTTPError):
        assert pinned(stage, ENDLESS).status_code == 504
    wait_until(lambda: stage.metrics()["worker_starts_total"] > starts, "another worker runs", seconds=60)
    wait_until(lambda: stage.metrics()["workers"] == 2, "both workers run")
    assert_counted_out(stage, "canary")
