"""Data from a URL: a real server on 127.0.0.1 that behaves, and ones that don't."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support.servers import free_port
from trainer.contract.contract import Contract
from trainer.data.source import fetch
from trainer.errors import SourceChangedError, SourceError, SourceTooLargeError

CSV = b"width,shape\n1,round\n2,square\n"
Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/shapes.csv"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def contract(source: str, pin: str | None = None) -> Contract:
    column = {"name": "width", "dtype": "float64", "unit": "", "minimum": 0, "maximum": 9, "description": ""}
    target = {"name": "shape", "description": "", "classes": ["round", "square"]}
    return Contract.model_validate(
        {"name": "shapes", "source": source, "sha256": pin, "columns": [column], "target": target}
    )


def file(content: bytes, promised: int | None = None) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content) if promised is None else promised))
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def redirect(to: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        if handler.path == "/moved":
            return file(CSV)(handler)
        handler.send_response(302)
        handler.send_header("Location", to)
        handler.end_headers()
        return None

    return answer


def test_a_file_is_downloaded(tmp_path: Path) -> None:
    with serving(file(CSV)) as url:
        assert fetch(contract(url), tmp_path) == CSV
        assert fetch(contract(url, sha256(CSV).hexdigest()), tmp_path) == CSV
        with pytest.raises(SourceChangedError, match=sha256(CSV).hexdigest()):
            fetch(contract(url, "0" * 64), tmp_path)


def test_a_redirect_is_followed(tmp_path: Path) -> None:
    with serving(redirect("/moved")) as url:
        assert fetch(contract(url), tmp_path) == CSV


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://127.0.0.1/shapes.csv", "/shapes.csv"])
def test_a_redirect_to_a_file_to_ftp_or_in_circles_is_refused(to: str, tmp_path: Path) -> None:
    with serving(redirect(to)) as url, pytest.raises(SourceError, match="cannot be downloaded"):
        fetch(contract(url), tmp_path)


@pytest.mark.parametrize(("status", "message"), [(404, "Not Found"), (500, "Internal Server Error")])
def test_an_error_status_is_reported(status: int, message: str, tmp_path: Path) -> None:
    with serving(lambda handler: handler.send_error(status)) as url, pytest.raises(SourceError, match=message):
        fetch(contract(url), tmp_path)


def test_a_server_that_is_not_there_is_reported(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="Connection refused"):
        fetch(contract(f"http://127.0.0.1:{free_port()}/shapes.csv"), tmp_path)


def test_a_file_above_the_limit_is_cut_off(tmp_path: Path) -> None:
    with serving(file(b"x" * 200_000)) as url, pytest.raises(SourceTooLargeError, match="more than 100000 bytes"):
        fetch(contract(url), tmp_path, max_bytes=100_000)


def test_half_a_file_is_no_file(tmp_path: Path) -> None:
    with serving(file(CSV, promised=len(CSV) + 1)) as url, pytest.raises(SourceError, match="of 30 bytes came"):
        fetch(contract(url), tmp_path)


def test_a_server_that_drips_is_given_up_within_the_timeout(tmp_path: Path) -> None:
    ended = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not ended.wait(0.02):
            handler.wfile.write(b"1")

    with serving(drip) as url:
        try:
            with pytest.raises(SourceError, match=r"still not complete after 0\.3 s"):
                fetch(contract(url), tmp_path, timeout=0.3)
        finally:
            ended.set()


def test_a_server_that_says_nothing_is_given_up_within_the_timeout(tmp_path: Path) -> None:
    ended = threading.Event()

    def wait(_: BaseHTTPRequestHandler) -> None:
        ended.wait(30)

    with serving(wait) as url:
        try:
            with pytest.raises(SourceError, match="timed out"):
                fetch(contract(url), tmp_path, timeout=0.3)
        finally:
            ended.set()
