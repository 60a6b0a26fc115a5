"""One connection of the api before an application that has no room for some requests."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from types import SimpleNamespace
from typing import Any

from api.access.refusal_pace import DELAY
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
    """Answers with the path and the length of the body. Each large body that is sent to /full is refused.

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
        return EarlyReply(ANSWER, closing=self._draining, delay=DELAY) if path == "/full" else None

    def refuse_known(self, data: bytes) -> tuple[EarlyReply, int] | None:
        found = self.heads.find_start(data)
        if found is None:
            return None
        self.known += 1
        return EarlyReply(ANSWER, closing=self._draining, delay=DELAY), found[1] + found[0].length - len(data)


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
