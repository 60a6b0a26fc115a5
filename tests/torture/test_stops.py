"""The whole api is stopped under clients without keep-alive; a connection is answered or refused."""

import json
import socket
import threading
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import httpx2

from tests.support.apis import ROW, running_api
from tests.support.bundles import make_bundle, write_policy
from tests.support.results import Say
from tests.torture.conftest import Length

CLIENTS = 16
BODY = json.dumps(ROW).encode()
REQUEST = (
    b"POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nConnection: close\r\n"
    b"Content-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
)


class Connecting:
    """Clients without keep-alive that ask as fast as they can: ``seen`` counts how each connection ended."""

    def __init__(self, port: int | None) -> None:
        self.seen: Counter[str] = Counter()
        self._address = ("127.0.0.1", port)
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(CLIENTS)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, end: str, count: int) -> None:
        while self.seen[end] < count:
            assert all(thread.is_alive() for thread in self._threads)
            self._stop.wait(0.01)

    def _ask(self) -> None:
        while not self._stop.is_set():
            self.seen[self._one()] += 1

    def _one(self) -> str:
        with socket.socket() as client:
            client.settimeout(10)
            try:
                client.connect(self._address)
            except ConnectionRefusedError:
                self._stop.wait(0.001)
                return "refused"
            except OSError as error:
                return repr(error)
            try:
                client.sendall(REQUEST)
                return client.recv(15).decode() or "closed without an answer"
            except OSError as error:
                return repr(error)


def test_stopping_the_api_answers_or_refuses_each_connection(tmp_path: Path, length: Length, say: Say) -> None:
    stops, seen = length.of(full=60, fast=5), Counter[str]()
    write_policy(tmp_path / "serving", 1, make_bundle(tmp_path / "serving"), "1")
    for _ in range(stops):
        with ExitStack() as stack:
            api = stack.enter_context(running_api(tmp_path))
            clients = stack.enter_context(Connecting(httpx2.URL(api.url).port))
            clients.wait_for("HTTP/1.1 200 OK", 300)
            api.server.process.terminate()
            assert api.server.process.wait(20) == 0
            clients.wait_for("refused", 1)
        seen += clients.seen
    answered, refused = seen.pop("HTTP/1.1 200 OK"), seen.pop("refused")
    say(f"SIGTERM to the api {stops} times: {answered} connections answered, {refused} refused, {seen.total()} reset")
    assert seen == {}
