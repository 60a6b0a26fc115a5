"""One client's socket: what is written to it, how long it may take for what it does, and its end."""

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from typing import Any, cast

from api.errors import ApiError
from api.http.http_exchange import HttpExchange
from api.server.sockets import address, untaken

_LINGER_SECONDS = 1.0
"""Time for a client to take its last answer."""


class ClientSocket(asyncio.Protocol, ABC):
    """The socket of one client, with its time limits. The worker calls ``check`` about once a second."""

    transport: asyncio.Transport

    def __init__(self, worker: Any) -> None:
        self.worker = worker
        self.client: tuple[str, int] | None = None
        self.server: tuple[str, int] | None = None
        self.date = worker.date
        self._clock = worker.loop.time
        self._waiting: deque[HttpExchange | ApiError] = deque()
        """Requests that were read and not answered, and an error that ends them."""
        self._current: HttpExchange | None = None
        """The request that is being answered."""
        self._unread = b""
        """Bytes that were received and not read."""
        self._discards_input = False
        """Nothing more is read as a request."""
        self._input_ended = False
        """The client has sent its last byte, and waits for answers."""
        self._writable: asyncio.Future[None] | None = None
        self._idle_since: float = self._clock()
        self._request_since: float | None = self._idle_since
        self._unsent_since: float | None = None
        self._ended_at: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.client = address(transport.get_extra_info("peername"))
        self.server = address(transport.get_extra_info("sockname"))
        self.worker.connections.add(self)

    def pause_writing(self) -> None:
        if self._writable is None:
            self._writable = self.worker.loop.create_future()

    def resume_writing(self) -> None:
        writable, self._writable = self._writable, None
        if writable is not None and not writable.done():
            writable.set_result(None)
            self._next()

    def write(self, data: bytes) -> None:
        """Hand an answer, or a part of one, to the client."""
        if not self.transport.is_closing():
            self.transport.write(data)

    def write_both(self, head: bytes, body: bytes) -> None:
        """The same for a whole answer in two parts, which still go out by one call of the system."""
        if not self.transport.is_closing():
            self.transport.writelines((head, body))

    async def drain(self) -> None:
        """Wait until the client has taken enough of what was written."""
        while self._writable is not None:
            await asyncio.shield(self._writable)

    def check(self, now: float, *, client_timeout: float, keepalive: float) -> None:
        """Cut the client off if its time is over."""
        if untaken(self.transport, answering=self._current is not None):
            self._unsent_since = self._unsent_since or now
            if now - self._unsent_since > client_timeout:
                self.transport.abort()
            return
        self._unsent_since = None
        if self._ended_at is not None:
            if now - self._ended_at > _LINGER_SECONDS:
                self.transport.close()
        elif self._request_since is not None:
            # its first or its next request has started and does not end
            if now - self._request_since > client_timeout:
                self.transport.abort()
        elif self._current is None and now - self._idle_since > keepalive:
            self.transport.close()

    def _send_last(self, answer: bytes) -> None:
        self.write(answer)
        self._end()

    def _end(self) -> None:
        """The connection ends with what was written.

        Closing it now, with bytes of the client unread, would reset it before the client has read why.
        """
        if self._ended_at is not None or self.transport.is_closing():
            return
        self._discards_input, self._current, self._unread, self._request_since = True, None, b"", None
        self._waiting.clear()
        self._ended_at = self._idle_since = self._clock()
        self._apply_backpressure()
        if self._input_ended:
            self.transport.close()
        elif self.transport.can_write_eof():
            self.transport.write_eof()

    @abstractmethod
    def _next(self) -> None:
        """Answer what waits, if nothing is being answered."""

    @abstractmethod
    def _apply_backpressure(self) -> None:
        """Read on, or not."""
