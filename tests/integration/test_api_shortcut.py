"""The short way of one row and the usual way: the same answers, counters and audit, and nothing held afterwards."""

import asyncio
import contextlib
import json
from collections.abc import Iterator

import pytest

from tests.support.apis import ROW, Api, running_api
from tests.support.bundles import make_bundle, write_policy
from tests.support.journals import records
from tests.support.servers import wait_until
from tests.torture.raw import connect, one, request

USUAL = "X-Request-Timeout-Ms: 5000"
"""A request with a deadline is never answered by the short way."""


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("soon")
    write_policy(folder / "serving", 1, make_bundle(folder / "serving"), "1")
    with running_api(folder, API_WORKERS="1") as running:
        yield running


def test_both_ways_answer_count_and_record_alike(api: Api) -> None:
    async def test() -> list[tuple[int, dict[str, object]]]:
        found = []
        with contextlib.closing(await connect(api)) as client:
            for lines in ([], [USUAL]):
                answer = await client.ask(request("/predict", one(), "X-Request-Id: mine", *lines))
                assert answer.headers["x-request-id"] == "mine"
                found.append((answer.status, json.loads(answer.body)))
        return found

    before = api.metrics()
    (short_status, short), (usual_status, usual) = asyncio.run(test())
    after = api.metrics()
    assert (short_status, usual_status) == (200, 200)
    changing = ("prediction_id", "timestamp", "latency_ms")
    assert {key: short[key] for key in short if key not in changing} == {
        key: usual[key] for key in usual if key not in changing
    }
    for name in ("predict_requests_total", 'http_requests_total{method="POST",route="/predict",status="200"}'):
        assert after[name] - before.get(name, 0) == 2
    ids = {record["ids"][0] for record in records(api.journal)}
    assert {short["prediction_id"], usual["prediction_id"]} <= ids


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"more": 1}', b"\xff", b"\xef\xbb\xbf" + b"x"])
def test_a_body_that_does_not_fit_is_refused_alike_and_counted_once(api: Api, body: bytes) -> None:
    async def test() -> list[tuple[int, dict[str, object]]]:
        found = []
        with contextlib.closing(await connect(api)) as client:
            for lines in ([], [USUAL]):
                answer = await client.ask(request("/predict", body, *lines))
                found.append((answer.status, {**json.loads(answer.body), "request_id": ""}))
        return found

    before = api.metrics()["predict_requests_total"]
    short, usual = asyncio.run(test())
    assert short == usual
    assert short[0] == 422
    assert api.metrics()["predict_requests_total"] - before == 2


def test_what_a_query_asks_for_is_not_passed_over(api: Api) -> None:
    async def test() -> bytes:
        with contextlib.closing(await connect(api)) as client:
            return (await client.ask(request("/predict?explain=perhaps", one()))).body

    usual = api.client.post(f"{api.url}/predict?explain=perhaps", json=ROW, headers={"x-request-timeout-ms": "5000"})
    assert json.loads(asyncio.run(test()))["detail"] == usual.json()["detail"]


def test_requests_in_one_breath_are_answered_in_their_order(api: Api) -> None:
    async def test() -> list[str]:
        ids = [f"n-{number}" for number in range(40)]
        asked = [
            request("/predict", one(), f"X-Request-Id: {id_}", *([USUAL] if number % 3 == 0 else []))
            for number, id_ in enumerate(ids)
        ]
        with contextlib.closing(await connect(api)) as client:
            client.writer.write(b"".join(asked))
            answers = [await client.answer() for _ in ids]
        assert [answer.status for answer in answers] == [200] * len(ids)
        assert [answer.headers["x-request-id"] for answer in answers] == ids
        return ids

    asyncio.run(asyncio.wait_for(test(), 20))


def test_clients_that_leave_at_once_hold_nothing(api: Api) -> None:
    async def leave() -> None:
        for _ in range(100):
            client = await connect(api)
            client.writer.write(request("/predict", one()))
            await client.writer.drain()
            client.writer.transport.abort()

    asyncio.run(asyncio.wait_for(leave(), 20))
    wait_until(lambda: api.metrics()["http_requests_in_flight"] <= 1, "only the question for the metrics is in flight")
    metrics = api.metrics()
    counted = sum(
        value
        for name, value in metrics.items()
        if name.startswith('http_requests_total{method="POST",route="/predict"')
    )
    assert counted == metrics["predict_requests_total"]
    assert api.client.post(f"{api.url}/predict", json=ROW).status_code == 200
