"""Requests for another protocol on the same connection: refused before a byte of that protocol is read."""

import asyncio
import contextlib
import json
from collections.abc import Iterator

import pytest

from tests.support.apis import Api, running_api
from tests.support.bundles import make_bundle, write_policy
from tests.torture.raw import Answer, Client, connect, one, request

KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
WEBSOCKET = ["Connection: Upgrade", "Upgrade: websocket", KEY, "Sec-WebSocket-Version: 13"]
REFUSED = {
    "a WebSocket": WEBSOCKET,
    "a WebSocket in capitals": ["CONNECTION: UPGRADE", "UPGRADE: WEBSOCKET", KEY],
    "a WebSocket in a list": ["Connection: keep-alive, Upgrade", "Upgrade: h2c, websocket", KEY],
    "a WebSocket in a second header": ["Connection: Upgrade", "Upgrade: h2c", "Upgrade: websocket", KEY],
    "a WebSocket before h2c": ["Connection: Upgrade", "Upgrade: websocket", "Upgrade: h2c", KEY],
    "a WebSocket of a version": ["Connection: Upgrade", "Upgrade: websocket/13", KEY],
    "an Upgrade without its Connection": ["Upgrade: websocket"],
    "a key without an Upgrade": [KEY],
    "another protocol": ["Connection: Upgrade", "Upgrade: TLS/1.0"],
}
IGNORED = {
    "h2c as curl offers it": ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQ"],
    "h2c in capitals": ["Connection: Upgrade, HTTP2-Settings", "UPGRADE: H2C", "HTTP2-Settings: AAMAAABkAAQ"],
    "an empty Upgrade": ["Connection: Upgrade", "Upgrade: "],
    "a Connection that a proxy always sets": ["Connection: upgrade"],
}
HUGE_FRAME = b"\x82\xff" + (2**40).to_bytes(8, "big") + b"mask"
SENT, MIB = 96, 2**20


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("upgrades")
    write_policy(folder / "serving", 1, make_bundle(folder / "serving"), "1")
    with running_api(folder, API_WORKERS="1") as running:
        yield running


def assert_refused(answer: Answer) -> None:
    assert answer.status == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["connection"] == "close"
    assert json.loads(answer.body)["type"] == "urn:mlops-iris:problem:upgrade-refused"


async def refused_by(client: Client, raw: bytes) -> None:
    assert_refused(await client.ask(raw))
    assert await client.reader.read() == b""


@pytest.mark.parametrize("path", ["/health/live", "/", "/predict", "/metrics", "/nothing-here"])
@pytest.mark.parametrize("headers", REFUSED.values(), ids=REFUSED)
def test_a_request_for_another_protocol_is_refused_and_its_connection_closed(
    api: Api, headers: list[str], path: str
) -> None:
    async def test() -> None:
        for raw in (request(path, b"", *headers, method="GET"), request(path, one(), *headers)):
            with contextlib.closing(await connect(api)) as client:
                await refused_by(client, raw)

    asyncio.run(test())


@pytest.mark.parametrize("headers", IGNORED.values(), ids=IGNORED)
def test_an_offer_that_a_server_may_pass_over_is_answered_as_the_plain_request_it_is(
    api: Api, headers: list[str]
) -> None:
    async def test() -> None:
        with contextlib.closing(await connect(api)) as client:
            for _ in range(2):
                answer = await client.ask(request("/predict", one(), *headers))
                assert answer.status == 200
                assert json.loads(answer.body)["prediction_id"]

    asyncio.run(test())


def test_a_request_for_another_protocol_behind_good_ones_ends_the_connection_after_their_answers(api: Api) -> None:
    async def test() -> None:
        with contextlib.closing(await connect(api)) as client:
            upgrade = request("/health/live", b"", *WEBSOCKET, method="GET")
            client.writer.write(request("/predict", one()) * 3 + upgrade + request("/predict", one()))
            assert [(await client.answer()).status for _ in range(3)] == [200, 200, 200]
            assert_refused(await client.answer())
            assert await client.reader.read() == b""

    asyncio.run(test())


@pytest.mark.parametrize("headers", [WEBSOCKET, *IGNORED.values()], ids=["a WebSocket", *IGNORED])
def test_a_frame_that_announces_a_terabyte_takes_no_memory(api: Api, headers: list[str]) -> None:
    (worker,) = api.workers()
    before = worker.memory_info().rss

    async def test() -> None:
        with contextlib.closing(await connect(api)) as client:
            client.writer.write(request("/health/live", b"", *headers, method="GET") + HUGE_FRAME)
            with contextlib.suppress(ConnectionError):
                for _ in range(SENT):
                    client.writer.write(bytes(MIB))
                    await asyncio.wait_for(client.writer.drain(), 5)

    for _ in range(3):
        with contextlib.suppress(TimeoutError):
            asyncio.run(test())
    assert api.predict().status_code == 200
    assert [process.pid for process in api.workers()] == [worker.pid]
    assert worker.memory_info().rss - before < SENT / 4 * MIB


def test_refusals_are_counted(api: Api) -> None:
    name = 'http_requests_total{method="other",route="unmatched",status="400"}'
    before = api.metrics().get(name, 0.0)

    async def test() -> None:
        with contextlib.closing(await connect(api)) as client:
            await refused_by(client, request("/", b"", *WEBSOCKET, method="GET"))

    asyncio.run(test())
    assert api.metrics()[name] == before + 1
