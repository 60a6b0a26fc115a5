"""Keep-alive clients over all edges: each answer's id, each answer that is not 200, each request that was cut."""

import http.client
import json
import threading
import time
from dataclasses import dataclass, field

ROW = {"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}
TIMEOUT = 8.0


@dataclass
class Seen:
    """What the clients saw. `cut` are requests that were sent and got no answer; `refused` are connections that an
    edge did not take, so that nothing was sent and the client asked the next one."""

    answered: list[str] = field(default_factory=list)
    bad: list[tuple[int, str]] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)
    refused: int = 0
    seconds: list[float] = field(default_factory=list)
    """From a request's first try to its answer, at whatever edge."""
    versions: list[tuple[float, str]] = field(default_factory=list)

    def line(self) -> str:
        ordered = sorted(self.seconds) or [0.0]
        middle, late = ordered[len(ordered) // 2] * 1e3, ordered[int(len(ordered) * 0.99)] * 1e3
        return (
            f"{len(self.answered):,} answered, {len(self.bad)} not 200, {len(self.cut)} cut, {self.refused} refused; "
            f"p50 {middle:.1f} ms, p99 {late:.1f} ms, longest {ordered[-1]:.2f} s"
        )


class Clients:
    """`number` threads that ask `rate` times a second together, spread over `edges`. A context manager."""

    def __init__(self, edges: list[str], rate: float = 200.0, number: int = 12) -> None:
        self.seen = Seen()
        self._edges = edges
        self._pause = number / rate
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._client, args=(one,), daemon=True) for one in range(number)]

    def __enter__(self) -> "Clients":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=3 * TIMEOUT)

    def _client(self, turn: int) -> None:
        connection: http.client.HTTPConnection | None = None
        begun, due = None, time.monotonic()
        while not self._stop.is_set():
            begun = begun or time.monotonic()
            edge = self._edges[turn % len(self._edges)]
            try:
                if connection is None:
                    connection = http.client.HTTPConnection(edge, 8000, timeout=TIMEOUT)
                    connection.connect()
                    connection.auto_open = 0  # a connection that the edge has closed is opened here, to be counted
            except OSError:
                with self._lock:
                    self.seen.refused += 1
                connection, turn = None, turn + 1
                continue
            try:
                connection.request("POST", "/predict", json.dumps(ROW), {"content-type": "application/json"})
                response = connection.getresponse()
                body = response.read()
            except (OSError, http.client.HTTPException) as error:
                with self._lock:
                    self.seen.cut.append(f"{edge} {type(error).__name__} {error}")
                connection.close()
                connection, turn = None, turn + 1
                continue
            if response.will_close:  # an edge that drains says so with its last answer
                connection.close()
                connection = None
            self._note(response.status, body, time.monotonic() - begun)
            begun, due = None, max(due + self._pause, time.monotonic())
            self._stop.wait(due - time.monotonic())
        if connection is not None:
            connection.close()

    def _note(self, status: int, body: bytes, seconds: float) -> None:
        with self._lock:
            if status != 200:
                self.seen.bad.append((status, body[:150].decode(errors="replace")))
                return
            answer = json.loads(body)
            self.seen.answered.append(answer["prediction_id"])
            self.seen.versions.append((time.monotonic(), answer["model"]["version"]))
            self.seen.seconds.append(seconds)
