"""A request whose head was read before passes by the parser: nothing else about it may differ."""

import asyncio
import contextlib
import json
from collections.abc import Iterator

import pytest

from tests.support.apis import Api, running_api
from tests.support.bundles import make_bundle, write_policy
from tests.support.journals import records
from tests.torture.raw import Answer, connect, one, request

HIDDEN = b"GET /health/live HTTP/1.1\r\nHost: api\r\n\r\n"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("known")
    write_policy(folder / "serving", 1, make_bundle(folder / "serving"), "1")
    with running_api(folder, API_WORKERS="1") as running:
        yield running


def ask(api: Api, *sent: tuple[bytes, int]) -> list[Answer]:
    """The answers on one connection to bytes that are sent one after the other, each with how many answers follow."""

    async def test() -> list[Answer]:
        found: list[Answer] = []
        with contextlib.closing(await connect(api)) as client:
            for raw, answers in sent:
                client.writer.write(raw)
                found += [await client.answer() for _ in range(answers)]
        return found

    return asyncio.run(asyncio.wait_for(test(), 20))


def test_requests_with_the_same_head_are_answered_counted_and_recorded_one_by_one(api: Api) -> None:
    before = api.metrics()
    answers = ask(api, *[(request("/predict", one()), 1)] * 5)
    after = api.metrics()
    assert [answer.status for answer in answers] == [200] * 5
    bodies = [json.loads(answer.body) for answer in answers]
    assert len({answer.headers["x-request-id"] for answer in answers}) == 5
    assert len({json.dumps(body["probabilities"]) for body in bodies}) == 1
    ids = [body["prediction_id"] for body in bodies]
    assert [record["ids"][0] for record in records(api.journal)][-5:] == ids
    for name in ("predict_requests_total", 'http_requests_total{method="POST",route="/predict",status="200"}'):
        assert after[name] - before.get(name, 0) == 5
    assert after["http_requests_in_flight"] == 1  # the question for the metrics itself


def test_a_body_of_the_same_length_that_does_not_fit_is_refused_and_what_looks_like_a_request_is_not_one(
    api: Api,
) -> None:
    good = one()
    bad = HIDDEN.ljust(len(good), b" ")
    first, refused, last = ask(api, *((request("/predict", body), 1) for body in (good, bad, good)))
    assert [first.status, refused.status, last.status] == [200, 422, 200]
    assert refused.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("cut", [1, 30, 90, -1, -40])
def test_a_known_head_in_pieces_or_with_another_request_behind_it_is_read_as_ever(api: Api, cut: int) -> None:
    raw = request("/predict", one())
    answers = ask(api, (raw, 1), (raw[:cut], 0), (raw[cut:] + raw + HIDDEN, 3), (raw, 1))
    assert [answer.status for answer in answers] == [200] * 5


def test_what_was_known_is_not_believed_under_another_version_of_http(api: Api) -> None:
    raw = request("/predict", one())

    async def test() -> bytes:
        with contextlib.closing(await connect(api)) as client:
            await client.ask(raw)
            client.writer.write(raw.replace(b"HTTP/1.1", b"HTTP/1.0"))
            return await client.reader.read()

    answer = asyncio.run(asyncio.wait_for(test(), 20))
    assert b"\r\nconnection: close\r\n" in answer
