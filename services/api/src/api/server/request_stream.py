"""Reads the bytes of a client into requests, no faster than they are answered."""

from abc import abstractmethod
from typing import Any

from api.errors import ApiError
from api.http.body import LARGE_BODY
from api.http.early_refusals import EarlyRefusals
from api.http.exchange import EarlyReply
from api.http.http_exchange import HttpExchange
from api.http.reader import RequestReader
from api.server.client_socket import ClientSocket

MAX_PIPELINED = 16
"""Requests that are read ahead of the one that is answered."""

_MAX_UNREAD = 128 * 1024
_SLICE = 16 * 1024
_HEAD_END = b"\r\n\r\n"
_HALF_CLOSE_SECONDS = 1.0
"""A client that closes its side so soon behind its last byte may have no more to send; a later one has given up."""


class RequestStream(ClientSocket):
    """The bytes of a client as requests. Hands them on by ``_waiting`` and ``_next``, each when its head is here."""

    def __init__(self, worker: Any) -> None:
        super().__init__(worker)
        self._reader = RequestReader(self._make, self._take)
        self._refusals: dict[HttpExchange, EarlyReply] = {}
        self._parsing = False
        self._behind = 0
        """Bytes that have come behind those that are read now."""
        self._data = b""
        """The bytes that are read now, if they came between two requests."""
        self._paused = False
        self._received_at: float = self._idle_since

    def data_received(self, data: bytes) -> None:
        self._received_at = self._clock()
        if self._discards_input:
            return  # nothing that comes now is kept
        if self._unread:
            self._unread += data
            self._apply_backpressure()
            return
        if self.worker.crowded and self._is_between_requests() and not data.startswith((b"GET ", b"HEAD ")):
            self._send_last(self.worker.asgi.refuse_connection())
            return
        if self._current is None and not self._reader.within and self._writable is None and not self._waiting:
            if self._take_known(data):
                return
            self._data = data
        self._read(data)
        self._data = b""

    def eof_received(self) -> bool:
        """The client sends no more. Its whole requests are answered, and one cut off is lost (RFC 9112, 9.6)."""
        if self._input_ended or self._ended_at is not None or self._clock() - self._received_at > _HALF_CLOSE_SECONDS:
            return self._input_ended
        self._input_ended = True
        self._lose_rest()
        return self._has_more()

    def _has_more(self) -> bool:
        """Whether there is anything left to answer or to read."""
        return self._current is not None or bool(self._waiting or self._unread)

    def _lose_rest(self) -> None:
        """Give up a request that was not whole when the client ended its side."""
        broken = self._reader.request
        if self._unread or not self._reader.within or broken.lost:
            return
        broken.lose()
        if broken is self._current and broken.answered:
            self._end()

    def read_on(self) -> None:
        """The application has taken what there was of a body."""
        self._apply_backpressure()

    def _is_between_requests(self) -> bool:
        return self._current is None and not self._reader.within

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

    def _refused_unread(self, exchange: HttpExchange) -> EarlyReply | None:
        """The refusal of a large body whose head is here, if there is no room for it.

        A refusal here, which skips the body, costs a third of one by the application. The application refuses a client
        that waits for permission to send its body (Expect: 100-continue): that client never sends it.
        """
        length = exchange.length
        if length is None or length < LARGE_BODY or exchange.method != "POST" or exchange.expects:
            return None
        unread: EarlyRefusals = self.worker.asgi.unread
        # Of several requests in the same bytes, only the first starts where the bytes do.
        data = self._data if self._current is None and exchange.is_repeatable else b""
        return unread.refusal(exchange.path, exchange.headers, length, here=min(length, self._behind), data=data)

    def _read(self, data: bytes) -> None:
        if self._request_since is None:
            self._request_since = self._clock()
        self._parsing = True
        try:
            read = self._feed(data)
        except ApiError as error:
            self._start_parsed()
            self._refuse(error)
            return
        self._start_parsed()
        if not self._reader.within:
            self._request_since = None
        if read < len(data) and not self._discards_input:
            self._unread = data[read:]
        if self._unread or self._paused or self._reader.request.is_full or len(self._waiting) >= MAX_PIPELINED:
            self._apply_backpressure()

    def _feed(self, data: bytes) -> int:
        """Returns how many bytes were read; all of few."""
        reader, size = self._reader, len(data)
        start = reader.skip(size) if reader.request.dropped else 0
        if not start and size <= _SLICE:
            self._behind = size
            reader.feed(data)
            return size
        # in slices, so that what is read ahead has a bound, but a body in as few pieces as it came
        view = memoryview(data)
        while start < size and len(self._waiting) < MAX_PIPELINED and not self._discards_input:
            # A head alone, so that its body is one piece, and the parser does not copy a body that will be dropped.
            end = -1 if reader.within else data.find(_HEAD_END, start, start + _SLICE)
            step = end + len(_HEAD_END) - start if end >= 0 else max(_SLICE, reader.body_to_come)
            self._behind = max(size - start - step, 0)
            reader.feed(view[start : start + step])
            start = min(start + step, size)
            if reader.request.dropped:
                start += reader.skip(size - start)
        return start

    def _refuse(self, error: ApiError) -> None:
        """Nothing more can be read. The requests before it are still answered."""
        if self._discards_input:
            return  # the client has read that the connection ends
        self._discards_input, self._request_since = True, None
        broken = self._reader.request
        if self._current is broken and broken.started:
            self._end()
            return
        broken.lose()
        if broken in self._waiting:
            self._waiting.remove(broken)
        self._waiting.append(error)
        self._next()

    def _apply_backpressure(self) -> None:
        """Read no faster than requests are answered and bodies are taken."""
        full = not self._discards_input and (
            len(self._unread) > _MAX_UNREAD or len(self._waiting) >= MAX_PIPELINED or self._reader.request.is_full
        )
        if full and not self._paused:
            self.transport.pause_reading()
        elif self._paused and not full:
            self.transport.resume_reading()
        self._paused = full

    @abstractmethod
    def _take_known(self, data: bytes) -> bool:
        """Answer or refuse the request that ``data`` start, if its head is known; whether that was done."""

    @abstractmethod
    def _start_parsed(self) -> None:
        """Start the request whose head was read: a body that came with it is complete now."""
