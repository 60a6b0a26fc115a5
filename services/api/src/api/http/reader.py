"""Bytes of a connection to requests: llhttp, strict, with bounds on what it may collect before it is asked."""

from collections.abc import Callable
from typing import Generic, TypeVar

from httptools import HttpParserCallbackError, HttpParserError, HttpParserUpgrade, HttpRequestParser

from api.errors import ApiError
from api.http.errors import HeadTooLargeError, MalformedRequestError
from api.http.request import Request
from api.http.start_line import StartLine
from api.http.strict_head import check_header, read_head

MOST_UNPARSED = 64 * 1024
"""Bytes of a head, a chunk's line or trailers without an end."""

AnyRequest = TypeVar("AnyRequest", bound=Request)


class RequestReader(Generic[AnyRequest]):
    """Turns the bytes of one connection into requests.

    ``make`` makes an empty request, and ``on_head`` gets it when its head is complete. The parser calls the methods
    named ``on_...``.
    """

    def __init__(self, make: Callable[[], AnyRequest], on_head: Callable[[AnyRequest], None]) -> None:
        self._make = make
        self._tell = on_head
        self._parser = HttpRequestParser(self)
        self._in_head = True
        self._headers_again = False
        self._unparsed = 0
        self._fed: bytes | memoryview = b""
        self._start_line = StartLine()
        self.body_to_come = 0
        """Bytes that are certainly of a body: they can be fed at once."""
        self.within = False
        """Whether a request has started and not ended."""
        self.request: AnyRequest = make()

    def feed(self, data: bytes | memoryview) -> None:
        """Read on. After an error nothing more may be fed.

        Raises:
            MalformedRequestError, HeadTooLargeError, TargetTooLongError, UpgradeRefusedError: what was sent can't be
                read, or is not taken.
        """
        self._unparsed += len(data)
        self._fed = data
        self._start_line.collect(data)
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade as upgrade:
            self._pass_over_upgrade(data, upgrade.args[0])
        except HttpParserCallbackError as error:
            cause = error.__context__
            if isinstance(cause, ApiError):
                raise cause from None
            raise
        except HttpParserError:
            raise MalformedRequestError from None
        self._fed = b""
        if not self.within:
            self._start_line.begin()
        if self._unparsed > MOST_UNPARSED and self.within:
            raise HeadTooLargeError

    def begin_dropped(self, request: AnyRequest, to_come: int) -> None:
        """Go on as if the head of ``request``, whose body is not read, had been fed: ``to_come`` bytes are missing."""
        request.drop()
        self.request, self.body_to_come, self.within, self._in_head = request, to_come, True, False

    def skip(self, size: int) -> int:
        """Pass over at most ``size`` bytes that come next, of a body that is dropped, and return how many.

        The parser does not see them, as it would copy them: another one reads what follows the body.
        """
        if not self.request.keep_alive or self._headers_again or self.body_to_come <= 0:
            return 0
        passed = min(size, self.body_to_come)
        self.body_to_come -= passed
        if not self.body_to_come:
            self._parser = HttpRequestParser(self)
            self.on_message_complete()
        return passed

    def on_message_begin(self) -> None:
        if not self._headers_again:
            self.within = True

    def on_url(self, target: bytes) -> None:
        if not self._headers_again:
            self.request.target += target

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head and not self._headers_again:
            headers = self.request.headers
            check_header(headers, name, value)
            headers.append((name.lower(), value.rstrip(b" \t")))

    def on_headers_complete(self) -> None:
        self._unparsed = 0
        if self._headers_again:
            return
        self._in_head = False
        request, parser = self.request, self._parser
        method, version = parser.get_method(), parser.get_http_version()
        request.method, target = method.decode(), request.target
        # First what names the fault: a target that is too long is longer than what the line keeps.
        read_head(request, version)
        self._start_line.check(method, target, version)
        request.keep_alive = parser.should_keep_alive()
        self.body_to_come = request.length or 0
        if not parser.should_upgrade():
            self._tell(request)

    def on_body(self, data: bytes) -> None:
        self._unparsed = 0
        self.body_to_come -= len(data)
        if len(data) == len(self._fed):
            self._fed = b""  # no other request begins in these bytes, and they need not be kept to look for its line
        self.request.feed(data)

    def on_chunk_header(self) -> None:
        self._unparsed = 0

    def on_message_complete(self) -> None:
        if self._parser.should_upgrade():
            return  # its body is yet to be read
        self._unparsed = 0
        self.body_to_come = 0
        ended, self.request = self.request, self._make()
        self.within, self._in_head, self._headers_again = False, True, False
        self._fed = self._start_line.begin_behind(self._fed)
        ended.finish()

    def _pass_over_upgrade(self, data: bytes | memoryview, end: int) -> None:
        """The offer of h2c is ignored. The parser has stopped behind the head, so another one reads the body."""
        request = self.request
        self._parser, self._headers_again = HttpRequestParser(self), True
        framing = [f"{name.decode()}: {value.decode('latin-1')}" for name, value in request.headers
                   if name in (b"content-length", b"transfer-encoding")]  # fmt: skip
        closing = [] if request.keep_alive else ["Connection: close"]
        self._tell(request)
        self._parser.feed_data("\r\n".join(["POST / HTTP/1.1", *framing, *closing, "", ""]).encode("latin-1"))
        self.feed(data[end:])
