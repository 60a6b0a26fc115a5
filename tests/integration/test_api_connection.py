"""Large bodies without room are refused at their head and skipped; no request behind them is lost or misread."""

import asyncio
import contextlib
from types import SimpleNamespace

import pytest

from tests.support.refusing_apps import BODY, LIKE_A_HEAD, Application, Later, refuse, serving
from tests.torture.raw import request


def in_pieces(raw: bytes, size: int) -> list[bytes]:
    return [raw[start : start + size] for start in range(0, len(raw), size)]


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("size", [1_000_000, 65_536, 61_001, 31_003, 7_000, 97])
def test_a_refused_body_is_passed_over_and_what_comes_behind_is_answered(size: int, *, known: bool) -> None:
    """In one breath or in pieces cut anywhere, within the heads too."""
    full, after = request("/full", BODY), request("/after", b"12345")
    large = request("/large", BODY)

    async def test() -> None:
        async with serving() as (client, connection):
            await refuse(client, connection, times=known)
            for piece in in_pieces(full + after + full + full + large + after, size):
                client.writer.write(piece)
                await client.writer.drain()
                await asyncio.sleep(0)
            answers = [await client.answer() for _ in range(6)]
            assert [answer.status for answer in answers] == [503, 200, 503, 503, 200, 200]
            assert [answer.body for answer in answers if answer.status == 200] == [
                b"/after 5", f"/large {len(BODY)}".encode(), b"/after 5",
            ]  # fmt: skip

    asyncio.run(test())


def test_only_what_has_come_of_a_body_counts_for_the_heads_behind_it() -> None:
    async def test() -> None:
        async with serving() as (client, connection):
            application: Application = connection.worker.asgi
            raw = request("/large", BODY)
            head = len(raw) - len(BODY)
            for cut in (len(raw), head + 20_000, head):
                for piece in filter(None, (raw[:cut], raw[cut:])):
                    connection.data_received(piece)
                assert (await client.answer()).body == f"/large {len(BODY)}".encode()
            assert application.here[:2] == [len(BODY), 20_000]
            assert application.here[2] <= head, "a body that is only announced takes no place"
            assert application.bodies[0] == [len(BODY)], "what comes with its head is one piece"

    asyncio.run(test())


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("body", [BODY, LIKE_A_HEAD], ids=["plain", "like a head"])
@pytest.mark.parametrize("offset", [*range(-6, 7), 40_000])
def test_wherever_a_request_is_cut_nothing_behind_is_lost(offset: int, body: bytes, *, known: bool) -> None:
    full, after = request("/full", body), request("/after", b"12345")
    cut = full.index(b"\r\n\r\n") + 4 + offset

    async def test() -> None:
        async with serving() as (client, connection):
            if known:
                connection.data_received(full)
                assert (await client.answer()).status == 503
            connection.data_received(full[:cut])
            connection.data_received(full[cut:] + after + full + after)
            answers = [await client.answer() for _ in range(4)]
            assert [answer.status for answer in answers] == [503, 200, 503, 200]
            assert answers[1].body == answers[3].body == b"/after 5"

    asyncio.run(test())


def test_the_refusal_comes_before_the_body() -> None:
    async def test() -> None:
        async with serving() as (client, _):
            head, _, _ = request("/full", BODY).partition(b"\r\n\r\n")
            client.writer.write(head + b"\r\n\r\n")
            assert (await client.answer()).status == 503
            client.writer.write(BODY)
            assert (await client.ask(request("/after", b"1"))).body == b"/after 1"

    asyncio.run(test())


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("cut", [None, -1000])
def test_the_refusal_waits_its_moment_and_what_is_behind_it_waits_too(cut: int | None, *, known: bool) -> None:
    """So a client that asks again at once costs little; whether its body is over by then or not."""
    full, after = request("/full", BODY), request("/after", b"1")

    async def test() -> None:
        later = Later()
        async with serving(later=later) as (client, connection):
            if known:
                connection.data_received(full)
                later.waiting.pop()()
                assert (await client.answer()).status == 503
            connection.data_received(full[:cut])
            if cut is None:
                connection.data_received(after)
            asked = asyncio.create_task(client.answer())
            for _ in range(20):
                await asyncio.sleep(0)
            assert not asked.done()
            later.waiting[0]()
            assert (await asked).status == 503
            if cut is not None:
                client.writer.write(full[cut:] + after)
            assert (await client.answer()).body == b"/after 1"

    asyncio.run(test())


def test_a_client_that_leaves_is_refused_gets_nothing() -> None:
    async def test() -> None:
        later = Later()
        async with serving(later=later) as (client, connection):
            connection.data_received(request("/full", BODY))
            connection.transport.abort()
            with contextlib.suppress(ConnectionError):
                await client.reader.read()
            assert connection not in connection.worker.connections
            assert connection._delayed_reply is not None
            assert connection._delayed_reply.cancelled()
            later.waiting[0]()

    asyncio.run(test())


@pytest.mark.parametrize("header", ["Connection: close", None])
def test_a_connection_that_ends_with_the_refusal_ends_after_the_body(header: str | None) -> None:
    async def test() -> None:
        async with serving(draining=header is None) as (client, _):
            head = request("/full", BODY, *([header] if header else []))
            client.writer.write(head[:-1])
            assert (await client.answer()).status == 503
            client.writer.write(head[-1:])
            assert await client.reader.read() == b""

    asyncio.run(test())


def test_a_client_that_asks_whether_to_send_and_a_small_body_are_the_application_s() -> None:
    async def test() -> None:
        async with serving() as (client, _):
            assert (await client.ask(request("/full", b"small"))).body == b"/full 5"
            client.writer.write(request("/full", BODY, "Expect: 100-continue"))
            head = await client.reader.readuntil(b"\r\n\r\n")
            if b" 100 " in head:
                head = await client.reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200")
            assert await client.reader.readexactly(11) == f"/full {len(BODY)}".encode()

    asyncio.run(test())


def test_a_connection_whose_first_request_has_a_known_head_is_not_taken_for_a_slow_one() -> None:
    async def test() -> None:
        async with serving() as (_, connection):
            connection.worker.asgi.shortcut = SimpleNamespace(
                take_known=lambda *_: SimpleNamespace(), give_up=lambda _: None
            )
            connection.data_received(request("/predict", b"1"))
            connection.check(asyncio.get_running_loop().time() + 100, client_timeout=1, keepalive=1000)
            assert not connection.transport.is_closing()

    asyncio.run(test())
