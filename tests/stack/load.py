"""A light, steady load on the api: one question at a time, and every one that was not answered remembered."""

import threading
import time
from types import TracebackType
from typing import Any, Self

import httpx2
from sklearn.datasets import load_iris

PAUSE_SECONDS = 0.05
NAMES = ("sepal_length", "sepal_width", "petal_length", "petal_width")
STEP = 37
"""Prime to the 150 rows of iris, so that all are asked and neighbours are of different classes."""


class Load:
    """Asks until the context ends: `answers` are complete 200s, `failures` all else."""

    def __init__(self, url: str) -> None:
        self.answers: list[dict[str, Any]] = []
        self.failures: list[str] = []
        # Like the training rows: a long load of one row is drift, and a test of quiet alerts uses the same stack.
        self._rows = [dict(zip(NAMES, map(float, row), strict=True)) for row in load_iris().data]
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
                    row = self._rows[len(self.answers) * STEP % len(self._rows)]
                    answer = client.post("/predict", json=row)
                except httpx2.HTTPError as error:
                    self.failures.append(repr(error))
                    continue
                if answer.status_code == 200:
                    self.answers.append(answer.json())
                else:
                    self.failures.append(f"{answer.status_code} {answer.text}")
