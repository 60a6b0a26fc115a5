"""A request's body: read within its limits, and let in by admission control."""

import time
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any, Protocol

from api.access.admission import Admission
from api.errors import (
    BadRequestError,
    OverloadedError,
    TooLargeError,
    UnsupportedEncodingError,
    UnsupportedMediaTypeError,
)
from api.http.gzip_body import inflate

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Header = tuple[bytes, bytes]

LARGE_BODY = 16 * 1024
"""Bodies of at least this many bytes wait for their turn of the event loop, and are rejected unread under overload."""

CLIENT_GONE = 499
"""The status that is counted for a request whose client went away."""

MARK = b"\xef\xbb\xbf"
"""The byte order mark that some editors and .NET write before a JSON text."""


class ClientGoneError(Exception):
    """The client went away before its request was complete, so no answer is sent."""


class Source(Protocol):
    """Where a body comes from: ``whole`` is all of it where it is here already, ``receive`` is ASGI's."""

    @property
    def whole(self) -> bytes | None: ...

    @property
    def receive(self) -> Receive: ...


class Body:
    """The body of one request, which is read once. Its share of ``admission`` is given back by :meth:`leave`."""

    __slots__ = ("_admission", "_gzip", "_headers", "_held", "_json", "_size", "_source", "arrived")

    def __init__(self, headers: Sequence[Header], source: Source, admission: Admission) -> None:
        self._headers = headers
        self._source = source
        self._admission = admission
        self._held = 0
        self._gzip = self._json = False
        self._size: int | None = None
        self.arrived = 0.0

    async def read(self, limit: int, types: Sequence[bytes]) -> bytes:
        """The body, at most ``limit`` bytes, of any type unless ``types`` are given; sets ``arrived``.

        A body that came as gzip is inflated, and the limit holds for both forms of it. An empty one among ``types``
        stands for a request that does not say its type.

        Raises:
            UnsupportedMediaTypeError, TooLargeError, BadRequestError: by its headers it is of another type,
                too long, or of no sensible length; or its gzip data can't be read or hold too much.
            ClientGoneError: it never came to its end.
            OverloadedError: there is no room for it, or no place to work on it.
        """
        self._check_headers(limit, types)
        body = self._source.whole
        if body is None:
            body = await self._piecewise(limit)
        self.arrived = time.perf_counter()
        if len(body) > limit:
            raise TooLargeError(f"the body is longer than {limit} bytes")
        if not self._admission.try_enter(len(body)):
            await self._admission.wait(len(body))
        self._size = len(body)
        if self._gzip:
            await self._admission.scheduler.take()  # how long it will be is not known
            body = await self._inflated(body, limit)
        elif len(body) > LARGE_BODY:
            await self._admission.scheduler.take(len(body))
        if body.startswith(MARK) and self._json:
            body = body[len(MARK) :]
        return body

    def charge(self, weight: int) -> None:
        """The request costs more than its bytes say, as much as this many more; given back by :meth:`leave`."""
        if self._size is not None:
            self._admission.charge(weight)
            self._size += weight

    def simple(self, limit: int, types: Sequence[bytes]) -> bytes | None:
        """The body as it came where it is here, small and not gzip, else None. Takes no place in admission control.

        Raises like :meth:`read`.
        """
        self._check_headers(limit, types)
        body = self._source.whole
        return None if body is None or self._gzip or len(body) > LARGE_BODY else body

    def leave(self) -> None:
        """The request was answered: what it took of admission control is given back."""
        self._leave_place()
        if self._held:
            self._admission.hold(-self._held)

    def _leave_place(self) -> None:
        """Give the place in admission control back, where there is one."""
        if self._size is not None:
            self._admission.leave(self._size)
            self._size = None

    async def _inflated(self, body: bytes, limit: int) -> bytes:
        """The place in admission control is exchanged for one of the body's real size, which is not known before."""
        body = inflate(body, limit)
        self._admission.hold(len(body))
        self._held += len(body)
        self._leave_place()
        if not self._admission.try_enter(len(body)):
            await self._admission.wait(len(body))
        self._size = len(body)
        return body

    def _check_headers(self, limit: int, types: Sequence[bytes]) -> None:
        content_type = b""
        for name, value in self._headers:
            if name == b"content-type":
                content_type = value.partition(b";")[0].strip().lower()
            elif name == b"content-length":
                # int() would also take '+5' and '1_0'
                if not value.isdigit():
                    raise BadRequestError("Content-Length is not a number")
                if len(value) > 18 or int(value) > limit:
                    raise TooLargeError(f"the body is longer than {limit} bytes")
            elif name == b"content-encoding":
                self._read_coding(value.strip().lower())
        self._json = content_type == b"application/json"
        if types and content_type not in types:
            wanted = b" or ".join(filter(None, types)).decode()
            raise UnsupportedMediaTypeError(f"the body must be {wanted}, and its Content-Type must say so")

    def _read_coding(self, coding: bytes) -> None:
        if coding in (b"gzip", b"x-gzip") and not self._gzip:
            self._gzip = True
        elif coding not in (b"identity", b""):
            raise UnsupportedEncodingError

    async def _piecewise(self, limit: int) -> bytes:
        message = await self._source.receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        body: bytes = message.get("body", b"")
        return await self._rest(body, limit) if message.get("more_body") else body

    async def _rest(self, first: bytes, limit: int) -> bytes:
        # Refused now and not when the rest has come; the rest is read and dropped.
        if self._admission.is_full(len(first)):
            raise OverloadedError
        body = bytearray(first)
        more = True
        while more:
            self._admission.hold(len(body) - self._held)
            self._held = len(body)
            message = await self._source.receive()
            if message["type"] == "http.disconnect":
                raise ClientGoneError
            body += message.get("body", b"")
            if len(body) > limit:
                raise TooLargeError(f"the body is longer than {limit} bytes")
            more = message.get("more_body", False)
        return bytes(body)
