"""Large bodies without room are refused at their head and skipped; no request behind them is lost or misread."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from api.http.body import LARGE_BODY, Header
from api.http.exchange import EarlyReply
from api.http.http_exchange import HttpExchange
from api.http.known_heads import KnownHeads, RefusedHead
from api.http.routing import Route
from api.server.connection import Connection
from tests.torture.raw import Client, connect_to, request

BODY = b'{"rows":' + b"1" * 60_000 + b"}"
LIKE_A_HEAD = b"1" * 30_000 + b"\r\n\r\n" * 7_500
ANSWER = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 4\r\n\r\nfull"


class Application:
    """Says which path it was asked, and how long the body was. There is no room for what asks for /full.

    The head of a refused request is known from then on.
    """

    def __init__(self, *, draining: bool) -> None:
        self._draining = draining
        self.here: list[int] = []
        """How much of each large body had come with its head."""
        self.bodies: list[list[int]] = []
        """The pieces in which each body was read."""
        self.heads = KnownHeads[RefusedHead]()
        self.known = 0
        """How many requests were refused by a known head."""
        self.unread = self
        self.shortcut = SimpleNamespace(take=lambda *_: None, take_known=lambda *_: None)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        pieces, more = [], True
        while more:
            message = await receive()
            pieces.append(len(message.get("body", b"")))
            more = message.get("more_body", False)
        self.bodies.append(pieces)
        found = f"{scope['path']} {sum(pieces)}".encode()
        headers = [(b"content-length", str(len(found)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": found})

    async def serve(self, exchange: HttpExchange) -> None:
        await self(exchange.scope(exchange.path), exchange.receive, exchange.send)

    def refusal(self, path: str, headers: Sequence[Header], size: int, *, here: int, data: bytes) -> EarlyReply | None:
        assert size >= LARGE_BODY
        self.here.append(here)
        if path == "/full" and data:
            self.heads.add(data, headers, RefusedHead(Route(path, {}), size))
        return EarlyReply(ANSWER, closing=self._draining) if path == "/full" else None

    def refuse_known(self, data: bytes) -> tuple[EarlyReply, int] | None:
        found = self.heads.find_start(data)
        if found is None:
            return None
        self.known += 1
        return EarlyReply(ANSWER, closing=self._draining), found[1] + found[0].length - len(data)


class Later:
    """The running loop, but what is to happen later happens when the test says so."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.waiting: list[Callable[[], None]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loop, name)

    def call_later(self, _seconds: float, callback: Callable[..., None], *given: Any) -> asyncio.TimerHandle:
        self.waiting.append(partial(callback, *given))
        return self._loop.call_later(3600, callback)


@asynccontextmanager
async def serving(*, draining: bool = False, later: Later | None = None) -> AsyncIterator[tuple[Client, Connection]]:
    """A client, and the server's end of its connection."""
    loop = asyncio.get_running_loop()
    worker = SimpleNamespace(
        loop=later or loop, asgi=Application(draining=draining), connections=set(), crowded=False,
        date=lambda: b"date: Sat, 28 Nov 2026 12:00:00 GMT\r\n\r\n",
    )  # fmt: skip
    made: asyncio.Future[Connection] = loop.create_future()

    def make() -> Connection:
        made.set_result(Connection(worker))
        return made.result()

    server = await loop.create_server(make, "127.0.0.1", 0)
    client = await connect_to(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    connection = await made
    try:
        yield client, connection
    finally:
        client.close()
        # It may still answer what the client has sent; the loop ends before that, and closes no transport.
        connection.transport.abort()
        server.close()
        await server.wait_closed()
        await asyncio.sleep(0)


async def refuse(client: Client, connection: Connection, *, times: int) -> None:
    """Have a request refused so often: from the second time on by its head."""
    for _ in range(times):
        connection.data_received(request("/full", BODY))
        assert (await client.answer()).status == 503


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
