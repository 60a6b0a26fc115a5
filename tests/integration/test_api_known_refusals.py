"""A head that was refused is refused again by its bytes; no other request is taken for it."""

import asyncio

import pytest

from tests.support.refusing_apps import BODY, Application, refuse, serving
from tests.torture.raw import request


def test_a_head_that_was_refused_is_refused_again_without_the_parser() -> None:
    full, after = request("/full", BODY), request("/after", b"1")

    async def test() -> None:
        async with serving() as (client, connection):
            application: Application = connection.worker.asgi
            await refuse(client, connection, times=3)
            assert (application.known, len(application.here)) == (2, 1)
            for cut in (len(full) - 1, 40_000, len(full) - len(BODY)):
                connection.data_received(full[:cut])
                assert (await client.answer()).status == 503
                connection.data_received(full[cut:])
                assert (await client.ask(after)).body == b"/after 1"
            assert (application.known, len(application.here)) == (5, 1)

    asyncio.run(test())


@pytest.mark.parametrize("header", ["Connection: close", "X-Request-Id: 1", "Authorization: Bearer s"])
def test_a_head_that_would_not_say_the_same_again_is_parsed_each_time(header: str) -> None:
    async def test() -> None:
        async with serving() as (client, connection):
            raw = request("/full", BODY, header)
            connection.data_received(raw)
            assert (await client.answer()).status == 503
            assert connection.worker.asgi.heads.find_start(raw) is None

    asyncio.run(test())


def test_only_the_first_of_several_requests_in_the_same_bytes_teaches_its_head() -> None:
    """The length that a head behind it announces is not that of the first."""
    small, full = request("/after", b"12345"), request("/full", BODY)

    async def test() -> None:
        async with serving() as (client, connection):
            connection.data_received(small + full[:-1000])
            assert [(await client.answer()).status for _ in range(2)] == [200, 503]
            connection.data_received(full[-1000:])
            assert connection.worker.asgi.heads.find_start(small) is None
            assert (await client.ask(small)).body == b"/after 5"

    asyncio.run(test())


@pytest.mark.parametrize("to_come", [0, 1000])
def test_a_client_that_ends_its_side_after_a_known_head_is_refused_and_let_go(to_come: int) -> None:
    async def test() -> None:
        async with serving() as (client, connection):
            await refuse(client, connection, times=1)
            raw = request("/full", BODY)
            client.writer.write(raw[: len(raw) - to_come])
            client.writer.write_eof()
            assert (await client.answer()).status == 503
            assert await client.reader.read() == b""

    asyncio.run(test())


def test_a_client_that_does_not_send_the_body_of_a_known_head_is_cut_off() -> None:
    async def test() -> None:
        async with serving() as (client, connection):
            await refuse(client, connection, times=1)
            connection.data_received(request("/full", BODY)[:-1])
            assert (await client.answer()).status == 503
            connection.check(asyncio.get_running_loop().time() + 100, client_timeout=1, keepalive=1000)
            assert connection.transport.is_closing()

    asyncio.run(test())
