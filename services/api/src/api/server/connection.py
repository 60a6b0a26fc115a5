"""One client's connection: has its requests answered in their order, and goes on or ends with each answer."""

import asyncio
from typing import Any

from api.errors import ApiError
from api.http.early_refusals import EarlyRefusals
from api.http.exchange import EarlyReply
from api.http.http_exchange import HttpExchange
from api.http.shortcut import PendingAnswer
from api.server.request_stream import MAX_PIPELINED, RequestStream

_LINGER_SECONDS = 1.0
"""Time for a client to send the rest of a body that is not read."""


class Connection(RequestStream):
    """Answers the requests of one client in their order.

    They come from :class:`RequestStream`, the socket's life from :class:`api.server.client_socket.ClientSocket`.
    """

    def __init__(self, worker: Any) -> None:
        super().__init__(worker)
        self._task: asyncio.Task[None] | None = None
        self._pending: PendingAnswer | None = None
        self._known = HttpExchange(self)
        """The exchange of each request with a known head, one after the other."""
        self._to_start = False
        self._delayed_reply: asyncio.TimerHandle | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        self.worker.connections.discard(self)
        self._discards_input = True
        self._waiting.clear()
        if self._delayed_reply is not None:
            self._delayed_reply.cancel()
        self.resume_writing()
        if self._current is not None:
            self._current.lose()
        if self._task is not None:
            self._task.cancel()
        if self._pending is not None:
            self.worker.asgi.shortcut.give_up(self._pending)
            self._pending = None

    def _take_known(self, data: bytes) -> bool:
        """Answer or refuse the request that ``data`` start, if its head is known; whether that was done."""
        known = self._known
        pending = self.worker.asgi.shortcut.take_known(data, known, self._answered_at_once)
        if pending is None:
            return self._refuse_known(data)
        known.clear()
        self._pending, self._current, self._request_since = pending, known, None
        return True

    def _refuse_known(self, data: bytes) -> bool:
        """Refuse the request that ``data`` start, if its head is known and the queue is full; whether it was."""
        unread: EarlyRefusals = self.worker.asgi.unread
        found = unread.refuse_known(data)
        if found is None:
            return False
        refusal, to_come = found
        self._current = self._known
        if to_come:
            self._current, self._request_since = self._make(), self._received_at
            self._reader.begin_dropped(self._current, to_come)
        else:
            self._known.clear()
            self._request_since = None
        self._delay(self._current, refusal)
        return True

    def _next(self) -> None:
        if self._current is not None or self._writable is not None or not self._waiting:
            return
        following = self._waiting.popleft()
        if isinstance(following, ApiError):
            self._send_last(self.worker.asgi.refuse_last(following))
            return
        self._current = following
        if following in self._refusals:
            self._delay(following, self._refusals.pop(following))
        elif self._parsing:
            self._to_start = True
        else:
            self._start(following)

    def _start_parsed(self) -> None:
        """Start the request whose head was read: a body that came with it is complete now."""
        to_start, self._parsing, self._to_start = self._to_start, False, False
        if to_start and self._current is not None:
            self._start(self._current)

    def _start(self, exchange: HttpExchange) -> None:
        if exchange.complete and not exchange.lost:
            self._pending = self.worker.asgi.shortcut.take(exchange, self._data, self._answered_at_once)
        if self._pending is None:
            self._task = self.worker.loop.create_task(self._serve(exchange))

    def _answered_at_once(self, exchange: HttpExchange) -> None:
        self._pending = None
        if (
            exchange.last or self._waiting or self._unread
            or self._paused or self._input_ended or self.transport.is_closing()
        ):  # fmt: skip
            self._after(exchange)
        else:
            self._current, self._idle_since = None, self._clock()

    async def _serve(self, exchange: HttpExchange) -> None:
        try:
            if not exchange.lost:
                await self.worker.asgi.serve(exchange)
        finally:
            self._task = None
            self._after(exchange)

    def _delay(self, exchange: HttpExchange, refusal: EarlyReply) -> None:
        """Answer the current request later."""
        later = self.worker.loop.call_later
        self._delayed_reply = later(refusal.delay, self._send_early_reply, exchange, refusal)

    def _send_early_reply(self, exchange: HttpExchange, refusal: EarlyReply) -> None:
        """The refusal, whether its body has come to its end or not."""
        self._delayed_reply = None
        exchange.started = exchange.answered = True
        exchange.last = refusal.closing or not exchange.keep_alive
        self.write(refusal.answer)
        if exchange.complete or exchange.lost:
            self._after(exchange)
        else:
            exchange.on_end = lambda: self._after(exchange)

    def _after(self, exchange: HttpExchange) -> None:
        """An answer was given, or there will be none."""
        if self.transport.is_closing():
            return
        if not exchange.answered and not exchange.lost:
            self.transport.abort()  # half an answer, or an application that gave none
        elif exchange.last or (exchange.answered and exchange.lost):
            self._end()
        elif exchange.complete or exchange.lost:
            self._go_on()
        else:
            exchange.drop()
            exchange.on_end = self._go_on
            self._delayed_reply = self.worker.loop.call_later(_LINGER_SECONDS, self._end)
            self._apply_backpressure()

    def _go_on(self) -> None:
        """Answer what was read ahead, and read what lies behind it."""
        if self._delayed_reply is not None:
            self._delayed_reply.cancel()
            self._delayed_reply = None
        self._current, self._idle_since = None, self._clock()
        self._next()
        if self._unread and len(self._waiting) < MAX_PIPELINED and not self._discards_input:
            behind, self._unread = self._unread, b""
            self._read(behind)
        elif self._paused:
            self._apply_backpressure()
        if self._input_ended:
            self._lose_rest()
            if not self._has_more():
                self.transport.close()
