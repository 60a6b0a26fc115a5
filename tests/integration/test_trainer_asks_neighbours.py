"""Asking a neighbour: what it answers has a bound in time and bytes, and must be whole."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from trainer.errors import ServiceUnreachableError
from trainer.loop.http_client import get

pytestmark = pytest.mark.integration
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"


@contextmanager
def answering(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that takes one request and leaves the rest to ``answer``."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                answer(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/labelled.csv"
        thread.join(10)


def test_a_whole_body_is_returned() -> None:
    with answering(lambda connection: connection.sendall(HEAD + b"Content-Length: 5\r\n\r\nhello")) as url:
        assert get(url) == b"hello"


def test_a_server_that_drips_is_given_up_at_the_deadline() -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(HEAD + b"Content-Length: 100000\r\n\r\n")
        try:
            while True:
                connection.sendall(b"x")
                time.sleep(0.02)
        except OSError:
            pass  # it was left

    with answering(drip) as url, pytest.raises(ServiceUnreachableError, match=r"took more than 0\.3 s"):
        get(url, timeout=5, within=0.3)


def test_a_body_that_ends_early_is_not_taken_for_a_whole_one() -> None:
    def cut(connection: socket.socket) -> None:
        connection.sendall(HEAD + b"Content-Length: 10\r\n\r\nhello")

    with answering(cut) as url, pytest.raises(ServiceUnreachableError, match="5 bytes early"):
        get(url)
