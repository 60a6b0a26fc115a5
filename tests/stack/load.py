"""A light, steady load on the api: one question at a time, and every one that was not answered remembered."""

import threading
import time
from types import TracebackType
from typing import Any, Self

import httpx2

PAUSE_SECONDS = 0.05
ROW = {"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}


class Load:
    """Asks until the context ends: `answers` are complete 200s, `failures` all else."""

    def __init__(self, url: str) -> None:
        self.answers: list[dict[str, Any]] = []
        self.failures: list[str] = []
        self._url = url
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask, name="load")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def wait_for(self, answers: int, seconds: float = 60) -> None:
        """Until so many more answers came."""
        goal, end = len(self.answers) + answers, time.monotonic() + seconds
        while len(self.answers) < goal:
            assert time.monotonic() < end, f"{goal - len(self.answers)} answers missing; {self.failures[-3:]}"
            self._stop.wait(PAUSE_SECONDS)

    def _ask(self) -> None:
        with httpx2.Client(base_url=self._url, timeout=10) as client:
            while not self._stop.wait(PAUSE_SECONDS):
                try:
                    answer = client.post("/predict", json={**ROW, "petal_length": 1 + len(self.answers) % 6})
                except httpx2.HTTPError as error:
                    self.failures.append(repr(error))
                    continue
                if answer.status_code == 200:
                    self.answers.append(answer.json())
                else:
                    self.failures.append(f"{answer.status_code} {answer.text}")
