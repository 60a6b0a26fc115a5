"""gunicorn's ASGI connection, plus client timeouts, HTTP pipelining and strict header checks."""

import asyncio
import fcntl
import termios
from typing import Any

from gunicorn.asgi.parser import InvalidHeader
from gunicorn.asgi.protocol import ASGIProtocol

from api.errors import (
    ApiError,
    HeadTooLargeError,
    MalformedRequestError,
    TargetTooLongError,
    UpgradeRefusedError,
)
from api.http.body import LARGE_BODY
from api.http.exchange import TELLING_SECONDS, Farewell
from api.server.ambiguous_heads import UPGRADING, is_ambiguous, is_upgrade
from api.server.strict_parser import StrictParser

_MOST_UNPARSED = 128 * 1024
_NO_BYTES = bytes(4)
_IN_HEAD = frozenset({"request_line", "headers"})

_REFUSALS: dict[int, type[ApiError]] = {
    400: MalformedRequestError,
    414: TargetTooLongError,
    431: HeadTooLargeError,
}


class Connection(ASGIProtocol):  # type: ignore[misc]
    """Gaps of gunicorn 26.2 are closed here: its keep-alive timer never fires, it has no timer for a request
    that does not end or an answer that is not taken, it drops what a client sends behind a request, it reads lines
    without an end, and it takes 'Content-Length: +5' and 'Transfer-Encoding : chunked', which whoever stands in front
    of it may read otherwise. The worker calls ``check`` about once a second.
    """

    def __init__(self, worker: Any) -> None:
        super().__init__(worker)
        self._clock = worker.loop.time
        self._idle_since: float = self._clock()
        self._request_since: float | None = self._idle_since
        self._unsent_since: float | None = None
        self._behind = b""
        self._turned_away = False
        self._refused: Farewell | None = None
        self._unread = 0
        self._telling: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self.worker.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.worker.connections.discard(self)
        if self._telling is not None:
            self._telling.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        parser = self._callback_parser
        if parser is None:
            super().data_received(data)
        elif self._turned_away:
            pass  # nothing that comes now is kept
        elif self._unread:
            self._pass_over(data)
        elif self._telling is not None or parser.is_complete:
            self._keep_behind(data)
        else:
            self._begin_or_go_on(parser, data)

    def _begin_or_go_on(self, parser: Any, data: bytes) -> None:
        if self._request_since is None:
            self._request_since = self._clock()
        if self.worker.crowded and not data.startswith((b"GET ", b"HEAD ")) and self._current_request is None:
            self._turn_away(self.worker.asgi.turn_away())
            return
        body: bytes | memoryview = b""
        if parser._state in _IN_HEAD:
            if is_ambiguous(parser._buffer + data if parser._buffer else data):
                self._refuse(400)
                return
            if len(data) > LARGE_BODY and (end := data.find(b"\r\n\r\n")) >= 0:
                # by itself, so that a body that is refused is never copied
                data, body = data[: end + 4], memoryview(data)[end + 4 :]
        super().data_received(data)
        if self._turned_away:
            return
        if body and self._refused is None and not self._closed:
            super().data_received(body)
            body = b""
        self._after(parser, body)

    def _after(self, parser: Any, unparsed: bytes | memoryview) -> None:
        if self._refused is not None:
            if parser.is_complete:
                # the cut was not at the head's end but at one that looks like it, within the body
                self._go_on_behind(parser.remaining() + bytes(unparsed))
            else:
                self._unread = parser._body_remaining
                self._pass_over(unparsed)
        elif parser.is_complete:
            self._request_since = None
            self._behind = parser.remaining()
        elif len(parser._buffer) > _MOST_UNPARSED:
            self._refuse(431)

    def check(self, now: float, *, client_timeout: float, keepalive: float) -> None:
        """Cut the client off if its time is over."""
        if self._untaken():
            self._unsent_since = self._unsent_since or now
            if now - self._unsent_since > client_timeout:
                self.transport.abort()
            return
        self._unsent_since = None
        if self._request_since is not None:
            # its first or its next request has started and does not end
            if now - self._request_since > client_timeout:
                self.transport.abort()
        elif self._current_request is None and now - self._idle_since > keepalive:
            self._close_transport()

    def _untaken(self) -> bool:
        """Whether the client has yet to take what was sent: it may all lie with the kernel, a megabyte and more."""
        if self.transport.get_write_buffer_size():
            return True
        if self._current_request is not None:
            return False
        number = self.transport.get_extra_info("socket").fileno()
        try:
            return fcntl.ioctl(number, termios.TIOCOUTQ, _NO_BYTES) != _NO_BYTES
        except OSError:
            return False

    def _on_headers_complete(self) -> Any:
        parser = self._callback_parser
        for name, value in parser.headers:
            if name == b"content-length" and not value.isdigit():
                raise InvalidHeader("Content-Length is not a number")
            if name in UPGRADING and is_upgrade(name, value):
                self._turn_away(self.worker.asgi.refuse_last(UpgradeRefusedError()))
                return False  # gunicorn never sees a request
        if parser.method == b"HEAD" and (parser.content_length or parser.is_chunked):
            # the parser skips this body without reading it, so nothing behind it can be distinguished from it
            parser.should_keep_alive = False
        self._refused = self._refused_unread(parser)
        if self._refused is not None:
            self._telling = self.worker.loop.call_later(TELLING_SECONDS, self._tell)
            return False  # its body is read, and nobody takes it
        return super()._on_headers_complete()

    def _refused_unread(self, parser: Any) -> Farewell | None:
        """The refusal of a large body whose head is here, if there is no room for it.

        Telling it here and not in the application, and passing over the body, costs a third of the time. A client that
        waits for permission to send its body never sends it; the application knows what to do with that.
        """
        if parser.method != b"POST" or parser.is_chunked or (parser.content_length or 0) < LARGE_BODY:
            return None
        if any(name == b"expect" for name, _ in parser.headers):
            return None
        path = parser.path.partition(b"?")[0].decode("latin-1")
        refusal: Farewell | None = self.worker.asgi.refuse_unread(path, parser.headers, parser.content_length)
        if refusal is not None and not parser.should_keep_alive:
            return refusal._replace(closing=True)
        return refusal

    def _pass_over(self, data: bytes | memoryview) -> None:
        passed = min(len(data), self._unread)
        self._unread -= passed
        if not self._unread:
            self._go_on_behind(bytes(data[passed:]))

    def _tell(self) -> None:
        """The refusal, whether its body has come to its end or not."""
        self._telling = None
        if self._refused is not None and not self._closed:
            self._safe_write(self._refused.answer)
            if not self._unread:
                behind, self._behind = self._behind, b""
                self._go_on_behind(behind)

    def _go_on_behind(self, behind: bytes) -> None:
        """The body that was refused is over; its end is where the parser would have found it."""
        if self._telling is not None:
            self._behind = behind
            return
        closing = self._refused is not None and self._refused.closing
        self._refused, self._request_since = None, None
        self._callback_parser.reset()
        if closing:
            self._close_transport()
            return
        self._behind = behind
        self._arm_keepalive_timer()

    def _arm_keepalive_timer(self) -> None:
        """Called when the connection is ready for its next request, which may be here already."""
        self._idle_since = self._clock()
        if self._behind:
            behind, self._behind = self._behind, b""
            if len(behind) > _MOST_UNPARSED:
                self.transport.resume_reading()
            self.data_received(behind)

    def _setup_callback_parser(self) -> None:
        super()._setup_callback_parser()
        self._callback_parser.__class__ = StrictParser

    def _send_error_response(self, status: int, message: str) -> None:
        """gunicorn's own refusals repeat what the client sent in their status line; ours do not."""
        self._safe_write(self.worker.asgi.refuse_last(_REFUSALS.get(status, ApiError)()))

    def _refuse(self, status: int) -> None:
        self._send_error_response(status, "")
        self._close_transport()

    def _turn_away(self, answer: bytes) -> None:
        # Closing now, with the rest of its request unread, would reset the connection before it has read why.
        self._turned_away = True
        self._safe_write(answer)
        self.transport.write_eof()

    def _keep_behind(self, data: bytes) -> None:
        paused = len(self._behind) > _MOST_UNPARSED
        self._behind += data
        if len(self._behind) > _MOST_UNPARSED and not paused:
            self.transport.pause_reading()
