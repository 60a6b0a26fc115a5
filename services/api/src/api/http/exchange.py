"""One HTTP exchange on bare ASGI: a request read within its limits, a reply sent in two messages."""

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol

from api.http.body import Body, Header, Message, Receive, Source

Scope = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class EarlyReply(NamedTuple):
    """A whole answer in bytes, whether the connection ends with it, and the seconds until it is sent."""

    answer: bytes
    closing: bool
    delay: float


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer, independent of how it is sent."""

    status: int
    body: bytes
    content_type: bytes = b"application/json"
    headers: Sequence[Header] = ()

    async def send(self, send: Send, request_id: str, *more: Header) -> None:
        headers = [*self._all_headers(request_id), *more]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})

    def as_http(self, request_id: str, *more: Header) -> bytes:
        """The whole answer in HTTP/1.1."""
        head = [b"HTTP/1.1 %d %b" % (self.status, HTTPStatus(self.status).phrase.encode())]
        head += [b"%b: %b" % header for header in (*self._all_headers(request_id), *more)]
        return b"\r\n".join([*head, b"", self.body])

    def _all_headers(self, request_id: str) -> list[Header]:
        return [
            (b"content-type", self.content_type),
            (b"content-length", str(len(self.body)).encode()),
            (b"x-request-id", request_id.encode()),
            *self.headers,
        ]


class Exchange(Source, Protocol):
    """A request and the way its answer goes: over our own connection, or over ASGI."""

    @property
    def method(self) -> str: ...

    @property
    def path(self) -> str: ...

    @property
    def query(self) -> bytes: ...

    @property
    def headers(self) -> Sequence[Header]: ...

    @property
    def http_1_0(self) -> bool: ...

    async def reply(self, reply: Reply, request_id: str, *, last: bool) -> None:
        """Answer; ``last`` says that the connection ends with it."""

    def scope(self, path: str) -> Scope:
        """For an application that is asked by ASGI, as if ``path`` had been the request's."""

    async def send(self, message: Message) -> None: ...


def answered_by(version: str, variant: str) -> list[Header]:
    """Which model an answer is from, where its body does not say so."""
    return [(b"x-model-version", version.encode()), (b"x-model-variant", variant.encode())]


class Call:
    """A request whose body has not been read yet."""

    __slots__ = ("_headers", "body", "origin", "query", "request_id", "routing_key", "trial", "values", "version")

    def __init__(
        self,
        headers: Sequence[Header],
        body: Body,
        request_id: str,
        values: tuple[str, ...],
        *,
        routing_key: bytes = b"",
        version: str = "",
        query: bytes = b"",
    ) -> None:
        self._headers = headers
        self.body = body
        self.request_id = request_id
        self.origin = ""
        self.values = values
        self.routing_key = routing_key
        self.version = version
        self.trial = False
        self.query = query

    @property
    def arrived(self) -> float:
        """``perf_counter`` of the body's last byte; 0 before it is read."""
        return self.body.arrived

    def header(self, name: bytes, missing: bytes = b"") -> bytes:
        """The first header of that name in lower case, or ``missing``."""
        return next((value for found, value in self._headers if found == name), missing)

    def content_type(self) -> tuple[bytes, bytes]:
        """The media type and its parameters, in lower case and without spaces."""
        kind, _, parameters = self.header(b"content-type").lower().replace(b" ", b"").partition(b";")
        return kind, parameters

    def json(self, limit: int) -> Awaitable[bytes]:
        """The body, which must be JSON; raises like :meth:`api.http.body.Body.read`."""
        return self.body.read(limit, (b"application/json",))

    def read(self, limit: int, *types: bytes) -> Awaitable[bytes]:
        """The body as it came, of one of ``types`` where there are any; raises like :meth:`api.http.body.Body.read`."""
        return self.body.read(limit, types)
