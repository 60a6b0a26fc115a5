"""The retrainer's pages: /metrics, /health, and POST /alerts as Alertmanager sends it."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import Thread
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from trainer.errors import AddressTakenError
from trainer.loop.agenda import Alert
from trainer.loop.host_check import HostCheck, is_json

MAX_BODY = 1024 * 1024
Take = Callable[[list[Alert]], int]
Report = Callable[[], tuple[bool, dict[str, object]]]


class _Alert(BaseModel):
    model_config = ConfigDict(extra="ignore")

    status: str
    labels: dict[str, str]
    fingerprint: str
    starts_at: str = Field(alias="startsAt")


class _Webhook(BaseModel):
    """Version 4 of https://prometheus.io/docs/alerting/latest/configuration/#webhook_config."""

    model_config = ConfigDict(extra="ignore")

    alerts: list[_Alert]


def read_alerts(body: bytes) -> list[Alert]:
    """Raises ValidationError."""
    return [
        Alert(one.fingerprint, one.starts_at, one.labels.get("alertname", "?"), one.status == "firing")
        for one in _Webhook.model_validate_json(body).alerts
    ]


@dataclass(frozen=True)
class Pages:
    """The parts that the retrainer's pages need."""

    registry: CollectorRegistry
    report: Report
    take: Take
    host_check: HostCheck


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], pages: Pages) -> None:
        self.pages = pages
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        # The base class asks DNS for this host's name, which can take long where there is no DNS.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "retrainer", self.server_address[1]


class _Handler(BaseHTTPRequestHandler):
    timeout = 10
    server: _Server

    def do_GET(self) -> None:
        if self._is_refused():
            return
        if self.path == "/metrics":
            self._answer(200, generate_latest(self.server.pages.registry), CONTENT_TYPE_LATEST)
        elif self.path == "/health":
            well, details = self.server.pages.report()
            self._tell(200 if well else 503, details)
        else:
            self._tell(404, {"error": "there are /metrics, /health and POST /alerts"})

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if self._is_refused():
            return
        if self.path != "/alerts":
            self._tell(404, {"error": "there is POST /alerts"})
        elif not is_json(self.headers):
            self._tell(415, {"error": "the body must be application/json, and its Content-Type must say so"})
        elif not length.isdecimal():
            self._tell(411, {"error": "Content-Length is needed"})
        elif int(length) > MAX_BODY:
            self._tell(413, {"error": f"at most {MAX_BODY} bytes"})
        else:
            self._take(self.rfile.read(int(length)))

    def _is_refused(self) -> bool:
        denial = self.server.pages.host_check.denial(self.headers, self.request_version)
        if denial is not None:
            self._tell(denial[0], {"error": denial[1]})
        return denial is not None

    def _take(self, body: bytes) -> None:
        try:
            new = self.server.pages.take(read_alerts(body))
        except ValidationError as error:
            self._tell(400, {"error": f"no webhook of Alertmanager: {error.errors()[0]['msg']}"})
        else:
            self._tell(202, {"new": new})

    def _tell(self, status: int, content: dict[str, Any]) -> None:
        self._answer(status, json.dumps(content).encode() + b"\n", "application/json")

    def _answer(self, status: int, body: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Scrapes every few seconds are not worth a line."""


@contextmanager
def serving(host: str, port: int, pages: Pages) -> Iterator[int]:
    """Answer from threads of their own; gives the port. Raises AddressTakenError."""
    try:
        server = _Server((host, port), pages)
    except OSError as error:
        raise AddressTakenError(f"LOOP_HOST:LOOP_PORT {host}:{port} can't be bound: {error}") from None
    Thread(target=server.serve_forever, name="pages", daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
