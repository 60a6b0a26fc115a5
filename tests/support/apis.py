"""A real ``python -m api`` on a free port, and clients that remember every complete answer."""

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2
import psutil

from tests.support.bundles import IRIS
from tests.support.servers import Server, free_port, http_answers

ROW = dict(zip(IRIS, (5.1, 3.5, 1.4, 0.2), strict=True))


@dataclass
class Api:
    """A running api with the folders it works on."""

    url: str
    serving: Path
    journal: Path
    metrics_dir: Path
    server: Server
    client: httpx2.Client

    def workers(self) -> list[psutil.Process]:
        return psutil.Process(self.server.process.pid).children()

    def predict(self, **changes: float) -> httpx2.Response:
        return self.client.post(f"{self.url}/predict", json={**ROW, **changes})

    def metrics(self) -> dict[str, float]:
        """Every series by its name and labels, as Prometheus would read it."""
        text = self.client.get(f"{self.url}/metrics").text
        lines = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
        return {name: float(value) for name, _, value in lines}

    def total(self, family: str) -> float:
        return sum(value for name, value in self.metrics().items() if name.partition("{")[0] == family)


@contextmanager
def running_api(folder: Path, *, port: int | None = None, ready: bool = True, **settings: str) -> Iterator[Api]:
    """Start an api, with two workers by default, and everything under ``folder``; ends it with SIGTERM."""
    port = port or free_port()
    environment = {
        **os.environ,
        "API_PORT": str(port),
        "API_WORKERS": "2",
        "SERVING_DIR": str(folder / "serving"),
        "JOURNAL_DIR": str(folder / "journal"),
        "PROMETHEUS_MULTIPROC_DIR": str(folder / "metrics"),
        "POLICY_POLL_SECONDS": "0.2",
        **settings,
    }
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "api"]
    # a new connection each time: which worker answers is left to chance, and a dead one's connection is not used again
    with (
        httpx2.Client(timeout=10, headers={"connection": "close"}) as client,
        Server(command, environment, log=folder / "api.log", cwd=folder) as server,
    ):
        serving, journal = Path(environment["SERVING_DIR"]), Path(environment["JOURNAL_DIR"])
        api = Api(url, serving, journal, Path(environment["PROMETHEUS_MULTIPROC_DIR"]), server, client)
        address = f"{url}/health/ready" if ready else f"{url}/health/live"
        server.wait_until(lambda: http_answers(address), f"{address} answers 200")
        server.wait_until(lambda: api.metrics()["workers"] == int(environment["API_WORKERS"]), "all workers run")
        yield api


@dataclass
class Load:
    """Keep-alive clients that ask until the context ends: ``answers`` are complete 200s, ``failures`` all else."""

    url: str
    clients: int = 4
    answers: list[dict[str, Any]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    asked: int = 0

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._ask, args=(number,)) for number in range(self.clients)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, answers: int, seconds: float = 30) -> None:
        """Until so many more answers came."""
        goal, end = len(self.answers) + answers, time.monotonic() + seconds
        while len(self.answers) < goal:
            assert time.monotonic() < end, f"{goal - len(self.answers)} answers missing; {self.failures[-3:]}"
            self._stop.wait(0.01)

    def _ask(self, number: int) -> None:
        with httpx2.Client(base_url=self.url, timeout=10) as client:
            while not self._stop.is_set():
                row = {**ROW, "petal_length_cm": 1 + (number + self.asked) % 6}
                with self._lock:
                    self.asked += 1
                try:
                    answer = client.post("/predict", json=row)
                except httpx2.HTTPError as error:
                    self.failures.append(repr(error))
                    continue
                if answer.status_code == 200:
                    self.answers.append({**answer.json(), "row": list(row.values())})
                else:
                    self.failures.append(f"{answer.status_code} {answer.text}")
