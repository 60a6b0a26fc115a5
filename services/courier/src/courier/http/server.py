"""The courier's pages over HTTP/1.1: small, on the standard library, for the platform's own services."""

from __future__ import annotations

import socketserver
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPMethod, HTTPStatus
from http.server import BaseHTTPRequestHandler
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
from structlog.typing import FilteringBoundLogger

from courier.errors import ConfigurationError, OutboxError, QuestionError, StoreUnavailableError
from courier.http.host_check import HostCheck, is_json

LARGEST_BODY = 1024 * 1024
IDLE_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Request:
    """A request."""

    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    accept: str = ""
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Response:
    """A response. Its parts are sent one by one; a client can see when they end early."""

    body: bytes | Iterator[bytes]
    content_type: str = "application/json"
    status: HTTPStatus = HTTPStatus.OK


Page = Callable[[Request], Response]
Pages = Mapping[tuple[HTTPMethod, str], Page]


def answer(pages: Pages, method: HTTPMethod, request: Request) -> Response:
    """The page's answer, or what stands in its way."""
    page = pages.get((method, request.path))
    if page is None:
        known = request.path in {path for _, path in pages}
        status = HTTPStatus.METHOD_NOT_ALLOWED if known else HTTPStatus.NOT_FOUND
        return refusal(status, "there are " + ", ".join(f"{method} {path}" for method, path in sorted(pages)))
    try:
        return page(request)
    except QuestionError as error:
        return refusal(HTTPStatus.BAD_REQUEST, str(error))
    except (StoreUnavailableError, OutboxError) as error:
        return refusal(HTTPStatus.SERVICE_UNAVAILABLE, str(error))


def refusal(status: HTTPStatus, reason: str) -> Response:
    """An answer without what was asked for."""
    return Response(orjson.dumps({"error": reason}) + b"\n", status=status)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(
        self, address: tuple[str, int], pages: Pages, log: FilteringBoundLogger, host_check: HostCheck
    ) -> None:
        self.pages = pages
        self.log = log
        self.host_check = host_check
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client that goes away in the middle is its own affair.
        self.log.debug("connection broke off", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    server: _Server

    def do_GET(self) -> None:
        if not self._is_refused():
            self._respond(HTTPMethod.GET, b"")

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if self._is_refused():
            return
        if not is_json(self.headers):
            reason = "the body must be application/json, and its Content-Type must say so"
            self._send(refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, reason), close=True)
        elif not length.isdecimal():
            self._send(refusal(HTTPStatus.LENGTH_REQUIRED, "Content-Length is missing"), close=True)
        elif int(length) > LARGEST_BODY:
            too_large = refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body may have {LARGEST_BODY} bytes")
            self._send(too_large, close=True)
        elif len(body := self.rfile.read(int(length))) == int(length):
            self._respond(HTTPMethod.POST, body)

    def _is_refused(self) -> bool:
        denial = self.server.host_check.denial(self.headers, self.request_version)
        if denial is not None:
            self._send(refusal(*denial), close=True)
        return denial is not None

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name for it
        """Scrapes every few seconds are not worth a line."""

    def _respond(self, method: HTTPMethod, body: bytes) -> None:
        url = urlsplit(self.path)
        request = Request(url.path, dict(parse_qsl(url.query)), self.headers.get("Accept", ""), body)
        try:
            response = answer(self.server.pages, method, request)
        except Exception:
            self.server.log.exception("page failed", path=url.path)
            response = refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "the courier's log says why")
        self._send(response)

    def _send(self, response: Response, *, close: bool = False) -> None:
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        if close:
            self.send_header("Connection", "close")
        if isinstance(response.body, bytes):
            self.send_header("Content-Length", str(len(response.body)))
            self.end_headers()
            self.wfile.write(response.body)
            return
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for part in filter(None, response.body):
                self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part))
            self.wfile.write(b"0\r\n\r\n")
        except StoreUnavailableError as error:
            # Without the last chunk the client knows that something is missing.
            self.server.log.warning("page ended early", path=self.path, error=str(error))
            self.close_connection = True


@contextmanager
def serving(host: str, port: int, pages: Pages, log: FilteringBoundLogger, host_check: HostCheck) -> Iterator[int]:
    """Serve the pages, each connection in a thread of its own; gives the port.

    Raises:
        ConfigurationError: the address can't be bound.
    """
    try:
        server = _Server((host, port), pages, log, host_check)
    except OSError as error:
        raise ConfigurationError(f"COURIER_HOST:COURIER_PORT {host}:{port} can't be bound: {error}") from None
    Thread(target=server.serve_forever, name="pages", daemon=True).start()
    try:
        bound: int = server.server_address[1]
        yield bound
    finally:
        server.shutdown()
        server.server_close()
