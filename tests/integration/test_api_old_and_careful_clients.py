"""Clients that ask before they send a body, and clients of HTTP/1.0, over a raw socket."""

import asyncio
import contextlib
from collections.abc import Iterator

import pytest

from tests.support.apis import Api, running_api
from tests.support.bundles import make_bundle, write_policy
from tests.torture.raw import connect, one, request

EXPECT = "Expect: 100-continue"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("clients")
    write_policy(folder / "serving", 1, make_bundle(folder / "serving"), "1")
    with running_api(folder, API_WORKERS="1", MAX_BODY_BYTES="100000") as running:
        yield running


def test_a_client_that_asks_first_hears_that_it_may_send_its_body(api: Api) -> None:
    async def test() -> None:
        with contextlib.closing(await connect(api)) as client:
            for _ in range(2):
                head, _, body = request("/predict", one(), EXPECT).partition(b"\r\n\r\n")
                client.writer.write(head + b"\r\n\r\n")
                assert await client.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
                assert (await client.ask(body)).status == 200

    asyncio.run(asyncio.wait_for(test(), 10))


def test_a_client_that_asks_first_and_sends_at_once_is_answered_once(api: Api) -> None:
    async def test() -> None:
        with contextlib.closing(await connect(api)) as client:
            assert (await client.ask(request("/predict", one(), EXPECT))).status == 200
            assert (await client.ask(request("/predict", one()))).status == 200

    asyncio.run(asyncio.wait_for(test(), 10))


@pytest.mark.parametrize(("path", "length", "status"), [("/predict", 200_000, 413), ("/model", 20, 405)])
def test_a_client_whose_body_is_not_wanted_is_refused_before_it_sends_it(
    api: Api, path: str, length: int, status: int
) -> None:
    async def test() -> None:
        with contextlib.closing(await connect(api)) as client:
            lines = [
                f"POST {path} HTTP/1.1",
                "Host: api",
                "Content-Type: application/json",
                f"Content-Length: {length}",
            ]
            answer = await client.ask("\r\n".join([*lines, EXPECT, "", ""]).encode())
            assert (answer.status, answer.headers["connection"]) == (status, "close")
            assert await client.reader.read() == b""

    asyncio.run(asyncio.wait_for(test(), 10))


def test_a_client_of_http_1_0_may_keep_its_connection(api: Api) -> None:
    body = one()
    head = f"POST /predict HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"

    async def test() -> None:
        with contextlib.closing(await connect(api)) as client:
            for _ in range(3):
                answer = await client.ask(f"{head}Connection: Keep-Alive\r\n\r\n".encode() + body)
                assert (answer.status, answer.headers["connection"]) == (200, "keep-alive")
            answer = await client.ask(f"{head}\r\n".encode() + body)
            assert (answer.status, answer.headers["connection"]) == (200, "close")
            assert await client.reader.read() == b""

    asyncio.run(asyncio.wait_for(test(), 10))
