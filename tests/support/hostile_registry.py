"""A server that speaks just enough of MLflow's registry for the courier, and sends artifacts as a test wants."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

Send = Callable[[BaseHTTPRequestHandler, bytes], None]
ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts"


@dataclass
class HostileRegistry:
    """`sent` counts the bytes of artifacts; `end` makes what sends without an end stop."""

    url: str = ""
    aliases: dict[str, str] = field(default_factory=dict)
    bundles: dict[str, tuple[str, dict[str, bytes]]] = field(default_factory=dict)
    ways: dict[tuple[str, str], Send] = field(default_factory=dict)
    sent: int = 0
    end: threading.Event = field(default_factory=threading.Event)

    def publish(self, alias: str, version: str, bundle: tuple[str, dict[str, bytes]], **ways: Send) -> None:
        """Point an alias to a version; `ways` say how a file of it is sent, by its name without the suffix."""
        self.bundles[version] = bundle
        for name in bundle[1]:
            if name.partition(".")[0] in ways:
                self.ways[version, name] = ways[name.partition(".")[0]]
        self.aliases[alias] = version

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        url = urlsplit(handler.path)
        asked = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path == ARTIFACTS:
            version = asked["path"].split("/")[0]
            files = self.bundles[version][1].items()
            _json(handler, {"files": [{"path": n, "is_dir": False, "file_size": len(c)} for n, c in files]})
        elif url.path.startswith(ARTIFACTS):
            _, _, version, _, name = url.path.removeprefix(ARTIFACTS.rpartition("/")[0]).split("/")
            self.ways.get((version, name), plain)(handler, self.bundles[version][1][name])
        elif url.path.endswith("/registered-models/alias") and asked["alias"] in self.aliases:
            version = self.aliases[asked["alias"]]
            tags = [{"key": "bundle", "value": self.bundles[version][0]}]
            _json(handler, {"model_version": {"name": "m", "version": version, "run_id": version, "tags": tags}})
        elif url.path.endswith("/runs/get"):
            info = {"run_id": asked["run_id"], "artifact_uri": f"mlflow-artifacts:/{asked['run_id']}"}
            _json(handler, {"run": {"info": info, "data": {}}})
        elif url.path.endswith("/registered-models/get"):
            _json(handler, {"registered_model": {"name": "m"}})
        else:
            _json(handler, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no such thing"}, 404)

    def drip(self, handler: BaseHTTPRequestHandler, content: bytes) -> None:
        """Send a byte now and then, often enough for every limit on a single read."""
        _head(handler, len(content))
        for place in range(len(content)):
            handler.wfile.write(content[place : place + 1])
            self.sent += 1
            if self.end.wait(1.0):
                break

    def drip_the_head(self, handler: BaseHTTPRequestHandler, _: bytes) -> None:
        """The same before the first byte of content."""
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        while not self.end.wait(1.0):
            handler.wfile.write(b"x")

    def pour(self, handler: BaseHTTPRequestHandler, _: bytes) -> None:
        """Send zeros for ever."""
        _head(handler, None)
        while not self.end.is_set():
            handler.wfile.write(bytes(65536))
            self.sent += 65536


def plain(handler: BaseHTTPRequestHandler, content: bytes) -> None:
    _head(handler, len(content))
    handler.wfile.write(content)


def _head(handler: BaseHTTPRequestHandler, length: int | None) -> None:
    handler.send_response(200)
    if length is not None:
        handler.send_header("Content-Length", str(length))
    handler.end_headers()


def _json(handler: BaseHTTPRequestHandler, content: object, status: int = 200) -> None:
    body = json.dumps(content).encode()
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@contextmanager
def hostile_registry() -> Iterator[HostileRegistry]:
    registry = HostileRegistry()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                registry.answer(self)
            except OSError:
                self.close_connection = True

        def do_POST(self) -> None:
            # MLflow asks for the logged models of a run before it lists the run's files.
            self.rfile.read(int(self.headers["Content-Length"]))
            _json(self, {"models": []})

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    registry.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield registry
    finally:
        registry.end.set()
        server.shutdown()
        thread.join()
        server.server_close()
