"""The courier's two pages: /metrics and /health."""

from __future__ import annotations

import socketserver
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer
from wsgiref.types import StartResponse, WSGIEnvironment

import orjson
from prometheus_client import CollectorRegistry, make_wsgi_app

from courier.errors import ConfigurationError

Report = Callable[[], tuple[bool, dict[str, object]]]


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def server_bind(self) -> None:
        # The base class asks DNS for this host's name, which can take long where there is no DNS.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "courier", self.server_address[1]
        self.setup_environ()


class _Handler(WSGIRequestHandler):
    timeout = 10

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name for it
        """Scrapes every few seconds are not worth a line."""


def make_app(
    registry: CollectorRegistry, report: Report
) -> Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]:
    """The pages as a WSGI application."""
    metrics = make_wsgi_app(registry)

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        match environ.get("PATH_INFO"):
            case "/metrics":
                page: Iterable[bytes] = metrics(environ, start_response)
                return page
            case "/health":
                ok, details = report()
                start_response("200 OK" if ok else "503 Service Unavailable", [("Content-Type", "application/json")])
                return [orjson.dumps(details) + b"\n"]
            case _:
                start_response("404 Not Found", [("Content-Type", "text/plain")])
                return [b"there are /metrics and /health\n"]

    return app


@contextmanager
def serving(host: str, port: int, registry: CollectorRegistry, report: Report) -> Iterator[int]:
    """Serve the pages from a thread of their own; gives the port.

    Raises:
        ConfigurationError: the address can't be bound.
    """
    try:
        server = _Server((host, port), _Handler)
    except OSError as error:
        raise ConfigurationError(f"COURIER_HOST:COURIER_PORT {host}:{port} can't be bound: {error}") from None
    server.set_app(make_app(registry, report))
    Thread(target=server.serve_forever, name="pages", daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
