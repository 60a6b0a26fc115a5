"""A request on our own connection and its answer: a Reply in one write, or an ASGI application's messages."""

from functools import cache
from http import HTTPStatus
from typing import Any, Protocol

from api.http.body import Message
from api.http.exchange import Reply
from api.http.request import Request

_HEAD = b"%bcontent-type: %b\r\nContent-Length: %d\r\nx-request-id: %b\r\n%b%b%b"
_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nContent-Length: %d\r\nx-request-id: %b\r\n%b%b"
_MOST_COPIED = 16 * 1024
"""Bytes of a body that are put behind their head; a longer one is handed on beside it."""

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Wire(Protocol):
    """The connection, as far as an answer needs it."""

    client: tuple[str, int] | None
    server: tuple[str, int] | None

    def write(self, data: bytes) -> None: ...

    def write_both(self, head: bytes, body: bytes) -> None: ...

    async def drain(self) -> None: ...

    def read_on(self) -> None: ...

    def date(self) -> bytes: ...


class HttpExchange(Request):
    """A request on our own connection, and its answer.

    ``last`` says whether the connection ends with this answer, ``answered`` whether there is all of it.
    """

    __slots__ = ("_bodyless", "_chunked", "_continued", "_head", "_wire", "answered", "last", "started")

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self._wire = wire
        self._head: bytes | None = None
        self._chunked = self._bodyless = self._continued = False
        self.started = self.answered = False
        self.last = False

    def clear(self) -> None:
        """Make it ready for another complete POST."""
        self.complete = True
        self.started = self.answered = self.last = False

    @property
    def is_repeatable(self) -> bool:
        """Whether the same bytes on the same connection would be the same request, with nothing else to it."""
        return self.keep_alive and not self.http_1_0 and self.length is not None and not self.expects

    def before_wait(self) -> None:
        if self.expects and not self._continued and not self.started:
            self._continued = True
            self._wire.write(CONTINUE)

    def after_take(self) -> None:
        self._wire.read_on()

    async def reply(self, reply: Reply, request_id: str, *, last: bool) -> None:
        self.write_reply(reply, request_id, last=last)

    def write_reply(self, reply: Reply, request_id: str, *, last: bool) -> None:
        """Write the whole answer at once."""
        more = b"".join([b"%b: %b\r\n" % header for header in reply.headers]) if reply.headers else b""
        self.started = self.answered = True
        head = _HEAD % (
            _status_line(reply.status),
            reply.content_type,
            len(reply.body),
            request_id.encode(),
            more,
            self._connection(last=last),
            self._wire.date(),
        )
        body = b"" if self.method == "HEAD" else reply.body
        if len(body) > _MOST_COPIED:
            self._wire.write_both(head, body)
        else:
            self._wire.write(head + body)

    def write_answer(self, body: bytes, request_id: str, *, last: bool) -> None:
        """Write 200 and a JSON text, the answer to a complete POST, at once."""
        if last or not self.keep_alive or self.http_1_0:
            self.write_reply(Reply(200, body), request_id, last=last)
            return
        self.started = self.answered = True
        self._wire.write(_ANSWER % (len(body), request_id.encode(), self._wire.date(), body))

    def scope(self, path: str) -> dict[str, Any]:
        """ASGI's description of the request, with ``path`` in place of its own."""
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.0" if self.http_1_0 else "1.1",
            "method": self.method,
            "scheme": "http",
            "path": path,
            "raw_path": self.target.partition(b"?")[0],
            "query_string": self.query,
            "root_path": "",
            "headers": self.headers,
            "client": self._wire.client,
            "server": self._wire.server,
        }

    async def send(self, message: Message) -> None:
        """ASGI's ``send``."""
        if message["type"] == "http.response.start":
            self._head = self._head_of(message)
        elif message["type"] == "http.response.body" and not self.answered:
            self._send_body(message.get("body", b""), more=message.get("more_body", False))
            await self._wire.drain()

    def _head_of(self, message: Message) -> bytes:
        status, sized, last = message["status"], False, False
        lines = [_status_line(status)]
        for name, value in message.get("headers", ()):
            lower = name.lower()
            if lower == b"connection":
                last = last or value.lower() == b"close"
                continue
            if lower == b"content-length":
                sized = True
            lines.append(b"%b: %b\r\n" % (lower, value))
        self._bodyless = self.method == "HEAD" or status in (204, 304)
        if not sized and not self._bodyless:
            self._chunked = not self.http_1_0
            last = last or self.http_1_0
            lines.append(b"transfer-encoding: chunked\r\n" if self._chunked else b"")
        return b"".join([*lines, self._connection(last=last), self._wire.date()])

    def _send_body(self, body: bytes, *, more: bool) -> None:
        out = []
        if self._head is not None:
            out.append(self._head)
            self._head, self.started = None, True
        if not self._bodyless:
            if self._chunked:
                out += [b"%x\r\n%b\r\n" % (len(body), body)] if body else []
                out += [] if more else [b"0\r\n\r\n"]
            else:
                out.append(body)
        self.answered = not more
        if out:
            self._wire.write(b"".join(out))

    def _connection(self, *, last: bool) -> bytes:
        # A body that was neither read nor asked for may come or not: nothing can follow it.
        unasked = self.expects and not self._continued and not self.complete
        # The body of a HEAD is not what others expect behind it.
        self.last = last or not self.keep_alive or unasked or (self.method == "HEAD" and self.length != 0)
        if self.last:
            return b"connection: close\r\n"
        return b"connection: keep-alive\r\n" if self.http_1_0 else b""


@cache
def _status_line(status: int) -> bytes:
    return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode()
