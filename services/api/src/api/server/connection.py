"""One client's connection: reads requests, has them answered in their order, and ends it when its time is over."""

import asyncio
from collections import deque
from typing import Any, cast

from api.errors import ApiError
from api.http.body import LARGE_BODY
from api.http.exchange import TELLING_SECONDS, Farewell
from api.http.http_exchange import HttpExchange
from api.http.reader import RequestReader
from api.http.soon import Soon
from api.server.sockets import address, untaken

_DEEPEST = 16
"""Requests that are read ahead of the one that is answered."""

_MOST_BEHIND = 128 * 1024
_SLICE = 16 * 1024
_LAST_WORDS_SECONDS = 1.0
"""Time for a client to take its last answer, or to send the rest of a body that nobody reads."""


class Connection(asyncio.Protocol):
    """The worker calls ``check`` about once a second."""

    transport: asyncio.Transport

    def __init__(self, worker: Any) -> None:
        self.worker = worker
        self.client: tuple[str, int] | None = None
        self.server: tuple[str, int] | None = None
        self.date = worker.date
        self._clock = worker.loop.time
        self._reader = RequestReader(self._make, self._take)
        self._waiting: deque[HttpExchange | ApiError] = deque()
        self._refusals: dict[HttpExchange, Farewell] = {}
        self._current: HttpExchange | None = None
        self._task: asyncio.Task[None] | None = None
        self._soon: Soon | None = None
        self._known = HttpExchange(self)
        """Of every request whose head is known, one after the other."""
        self._data = b""
        """What is read now, if it came between two requests."""
        self._feeding = self._to_start = False
        self._telling: asyncio.TimerHandle | None = None
        self._behind = b""
        self._writable: asyncio.Future[None] | None = None
        self._paused = False
        self._idle_since: float = self._clock()
        self._request_since: float | None = self._idle_since
        self._unsent_since: float | None = None
        self._deaf = False
        """Nothing more is read as a request."""
        self._ended_at: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.client = address(transport.get_extra_info("peername"))
        self.server = address(transport.get_extra_info("sockname"))
        self.worker.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.worker.connections.discard(self)
        self._deaf = True
        self._waiting.clear()
        if self._telling is not None:
            self._telling.cancel()
        self.resume_writing()
        if self._current is not None:
            self._current.lose()
        if self._task is not None:
            self._task.cancel()
        if self._soon is not None:
            self.worker.asgi.shortcut.give_up(self._soon)
            self._soon = None

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            return  # nothing that comes now is kept
        if self._behind:
            self._behind += data
            self._hold_back()
            return
        if self.worker.crowded and self._is_between_requests() and not data.startswith((b"GET ", b"HEAD ")):
            self._last_words(self.worker.asgi.turn_away())
            return
        if self._current is None and not self._reader.within and self._writable is None and not self._waiting:
            if self._take_known(data):
                return
            self._data = data
        self._read(data)
        self._data = b""

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

    async def drain(self) -> None:
        """Wait until the client has taken enough of what was written."""
        while self._writable is not None:
            await asyncio.shield(self._writable)

    def read_on(self) -> None:
        """The application has taken what there was of a body."""
        self._hold_back()

    def check(self, now: float, *, client_timeout: float, keepalive: float) -> None:
        """Cut the client off if its time is over."""
        if untaken(self.transport, answering=self._current is not None):
            self._unsent_since = self._unsent_since or now
            if now - self._unsent_since > client_timeout:
                self.transport.abort()
            return
        self._unsent_since = None
        if self._ended_at is not None:
            if now - self._ended_at > _LAST_WORDS_SECONDS:
                self.transport.close()
        elif self._request_since is not None:
            # its first or its next request has started and does not end
            if now - self._request_since > client_timeout:
                self.transport.abort()
        elif self._current is None and now - self._idle_since > keepalive:
            self.transport.close()

    def _is_between_requests(self) -> bool:
        return self._current is None and not self._reader.within

    def _take_known(self, data: bytes) -> bool:
        """Whether ``data`` are the whole of a request whose head is known, which is then to be answered."""
        known = self._known
        soon = self.worker.asgi.shortcut.take_known(data, known, self._answered_soon)
        if soon is None:
            return False
        known.clear()
        self._soon, self._current, self._request_since = soon, known, None
        return True

    def _make(self) -> HttpExchange:
        return HttpExchange(self)

    def _take(self, exchange: HttpExchange) -> None:
        """The head of a request is here."""
        refusal = self._refused_unread(exchange)
        if refusal is not None:
            self._refusals[exchange] = refusal
            exchange.drop()
        self._waiting.append(exchange)
        if self._current is None:
            self._next()

    def _refused_unread(self, exchange: HttpExchange) -> Farewell | None:
        """The refusal of a large body whose head is here, if there is no room for it.

        Telling it here and not in the application, and passing over the body, costs a third of the time. A client that
        waits for permission to send its body never sends it; the application knows what to do with that.
        """
        length = exchange.length
        if length is None or length < LARGE_BODY or exchange.method != "POST" or exchange.expects:
            return None
        refusal: Farewell | None = self.worker.asgi.refuse_unread(exchange.path, exchange.headers, length)
        return refusal

    def _read(self, data: bytes) -> None:
        reader, start, size = self._reader, 0, len(data)
        if self._request_since is None:
            self._request_since = self._clock()
        self._feeding = True
        try:
            if size <= _SLICE:
                reader.feed(data)
                start = size
            else:
                # in slices, so that what is read ahead has a bound, but a body in as few pieces as it came
                view = memoryview(data)
                while start < size and len(self._waiting) < _DEEPEST and not self._deaf:
                    step = min(max(_SLICE, reader.body_to_come), size - start)
                    reader.feed(view[start : start + step])
                    start += step
        except ApiError as error:
            self._start_fed()
            self._refuse(error)
            return
        self._start_fed()
        if not reader.within:
            self._request_since = None
        if start < size and not self._deaf:
            self._behind = data[start:]
        if self._behind or self._paused or reader.request.is_full or len(self._waiting) >= _DEEPEST:
            self._hold_back()

    def _refuse(self, error: ApiError) -> None:
        """Nothing more can be read. The requests before it are still answered."""
        if self._deaf:
            return  # the client has read that the connection ends
        self._deaf, self._request_since = True, None
        broken = self._reader.request
        if self._current is broken and broken.started:
            self._end()
            return
        broken.lose()
        if broken in self._waiting:
            self._waiting.remove(broken)
        self._waiting.append(error)
        self._next()

    def _next(self) -> None:
        if self._current is not None or self._writable is not None or not self._waiting:
            return
        following = self._waiting.popleft()
        if isinstance(following, ApiError):
            self._last_words(self.worker.asgi.refuse_last(following))
            return
        self._current = following
        if following in self._refusals:
            self._telling = self.worker.loop.call_later(TELLING_SECONDS, self._tell)
        elif self._feeding:
            self._to_start = True
        else:
            self._start(following)

    def _start_fed(self) -> None:
        """Start the request whose head was read: a body that came with it is complete now."""
        to_start, self._feeding, self._to_start = self._to_start, False, False
        if to_start and self._current is not None:
            self._start(self._current)

    def _start(self, exchange: HttpExchange) -> None:
        if exchange.complete and not exchange.lost:
            self._soon = self.worker.asgi.shortcut.take(exchange, self._data, self._answered_soon)
        if self._soon is None:
            self._task = self.worker.loop.create_task(self._serve(exchange))

    def _answered_soon(self, exchange: HttpExchange) -> None:
        self._soon = None
        if exchange.last or self._waiting or self._behind or self._paused or self.transport.is_closing():
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

    def _tell(self) -> None:
        """The refusal, whether its body has come to its end or not."""
        self._telling = None
        exchange = cast(HttpExchange, self._current)
        refusal = self._refusals.pop(exchange)
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
            self._telling = self.worker.loop.call_later(_LAST_WORDS_SECONDS, self._end)
            self._hold_back()

    def _go_on(self) -> None:
        """Answer what was read ahead, and read what lies behind it."""
        if self._telling is not None:
            self._telling.cancel()
            self._telling = None
        self._current, self._idle_since = None, self._clock()
        self._next()
        if self._behind and len(self._waiting) < _DEEPEST and not self._deaf:
            behind, self._behind = self._behind, b""
            self._read(behind)
        elif self._paused:
            self._hold_back()

    def _last_words(self, answer: bytes) -> None:
        self.write(answer)
        self._end()

    def _end(self) -> None:
        """The connection ends with what was written.

        Closing it now, with bytes of the client unread, would reset it before the client has read why.
        """
        if self._ended_at is not None or self.transport.is_closing():
            return
        self._deaf, self._current, self._behind, self._request_since = True, None, b"", None
        self._waiting.clear()
        self._ended_at = self._idle_since = self._clock()
        self._hold_back()
        if self.transport.can_write_eof():
            self.transport.write_eof()

    def _hold_back(self) -> None:
        """Read no faster than requests are answered and bodies are taken."""
        full = not self._deaf and (
            len(self._behind) > _MOST_BEHIND or len(self._waiting) >= _DEEPEST or self._reader.request.is_full
        )
        if full and not self._paused:
            self.transport.pause_reading()
        elif self._paused and not full:
            self.transport.resume_reading()
        self._paused = full
