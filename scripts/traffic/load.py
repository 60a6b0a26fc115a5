"""Asking at a steady rate, over a few connections, until the time is up; what came of it is counted."""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import cycle
from random import Random
from typing import Any

import httpx2

from scripts.traffic.rows import Draw, Row
from scripts.traffic.served import Served

BATCH, EVERY_BATCH = 20, 25
BAD_SHARE, FEEDBACK_SHARE = 0.05, 0.5
MOST_FEEDBACK = 25


@dataclass
class Outcome:
    """The counts of requests and results; `seconds` are the answered requests' times, as seen from here."""

    asked: int = 0
    rows: int = 0
    refused: int = 0
    feedback: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Plan:
    """The kinds of requests, and how many a second."""

    rate: float
    seconds: float
    bad: bool
    feedback: bool
    source: str = "traffic"
    """The `source` of the feedback."""


def run(
    plan: Plan, served: Served, draw: Draw, clients: list[httpx2.Client], random: Random,
    progress: Callable[[Outcome], None], *,
    clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep,
) -> Outcome:  # fmt: skip
    """Ask until the seconds are over. The n-th request is due at n / rate, whenever the one before was answered."""
    asker = _Client(plan, served, draw, random)
    started = clock()
    for number, client in enumerate(cycle(clients)):
        due = started + number / plan.rate
        if due - started >= plan.seconds or clock() - started >= plan.seconds:
            break
        sleep(max(0.0, due - clock()))
        try:
            asker.ask(client, number)
        except httpx2.HTTPError as error:
            asker.outcome.failures[f"no answer: {error}"] += 1
        progress(asker.outcome)
    if plan.feedback:
        asker.tell(clients[0])
    return asker.outcome


class _Client:
    def __init__(self, plan: Plan, served: Served, draw: Draw, random: Random) -> None:
        self._plan, self._served, self._draw, self._random = plan, served, draw, random
        self._truths: list[dict[str, Any]] = []
        self.outcome = Outcome()

    def ask(self, client: httpx2.Client, number: int) -> None:
        self.outcome.asked += 1
        if self._plan.bad and self._random.random() < BAD_SHARE:
            self._ask_badly(client)
        elif number % EVERY_BATCH == EVERY_BATCH - 1:
            drawn = [self._draw() for _ in range(BATCH)]
            body = self._answered(client, "/predict/batch", {"rows": [row for row, _ in drawn]})
            if body is not None:
                self._keep(body["predictions"], [truth for _, truth in drawn])
        else:
            row, truth = self._draw()
            body = self._answered(client, "/predict", row)
            if body is not None:
                self._keep([body], [truth])
        if len(self._truths) >= MOST_FEEDBACK:
            self.tell(client)

    def tell(self, client: httpx2.Client) -> None:
        """Send the truth that is known by now."""
        items, self._truths = self._truths, []
        if items and self._answered(client, "/feedback", {"items": items}, timed=False) is not None:
            self.outcome.feedback += len(items)

    def _answered(self, client: httpx2.Client, path: str, content: Row, *, timed: bool = True) -> dict[str, Any] | None:
        started = time.perf_counter()
        answer = client.post(path, json=content)
        if not answer.is_success:
            self.outcome.failures[f"{answer.status_code} {path}"] += 1
            return None
        if timed:
            self.outcome.seconds.append(time.perf_counter() - started)
        body: dict[str, Any] = answer.json()
        return body

    def _ask_badly(self, client: httpx2.Client) -> None:
        row, _ = self._draw()
        name = self._random.choice(self._served.names)
        wrong: Iterable[dict[str, Any]] = (
            {"json": {key: value for key, value in row.items() if key != name}},
            {"json": {**row, name: "not a value"}},
            {"json": {**row, "no_such_feature": 1}},
            {"content": b"{this is no JSON", "headers": {"content-type": "application/json"}},
        )
        answer = client.post("/predict", **self._random.choice(list(wrong)))
        if 400 <= answer.status_code < 500:
            self.outcome.refused += 1
        else:
            self.outcome.failures[f"{answer.status_code} for a bad request"] += 1

    def _keep(self, answers: list[dict[str, Any]], truths: list[str | None]) -> None:
        self.outcome.rows += len(answers)
        for answer, truth in zip(answers, truths, strict=True):
            if "label_name" in answer:
                self.outcome.labels[answer["label_name"]] += 1
            if self._plan.feedback and self._random.random() < FEEDBACK_SHARE:
                self._truths.append(
                    {
                        "prediction_id": answer["prediction_id"],
                        "source": self._plan.source,
                        **self._truth(answer, truth),
                    }
                )

    def _truth(self, answer: dict[str, Any], known: str | None) -> dict[str, Any]:
        """The truth if it is known; else the model's answer, as often as the model is right by its own account."""
        if not self._served.classes:
            value = float(known) if known is not None else answer["value"] * self._random.gauss(1.0, 0.05)
            return {"value": value}
        if known in self._served.classes:
            return {"label": known}
        right = self._random.random() < self._served.accuracy
        return {"label": answer["label_name"] if right else self._random.choice(self._served.classes)}
