"""Keep-alive clients at a steady rate that log every complete answer."""

import asyncio
import json
import random
import secrets
import threading
import time
from types import TracebackType
from typing import Any, Self

from tests.support.bundles import IRIS
from tests.torture.raw import Client, connect_to, request
from tests.torture.rig.background import Background
from tests.torture.rig.log import Answer, Broken, Log, Refusal, Timed

CLIENTS = 16
RATE = 200.0
BATCH_EVERY = 10
BATCH_ROWS = 5
PATIENCE = 15.0
AGAIN_SECONDS = 0.05


class Load:
    """Asks ``url`` for as long as the context lasts: ``rate`` requests a second from ``clients`` connections, every
    tenth with five rows. A client never has two requests on the way, so a slow server is asked less often.
    """

    def __init__(
        self, url: str, *, clients: int = CLIENTS, rate: float = RATE, features: tuple[str, ...] = IRIS
    ) -> None:
        self.log = Log()
        self._url = url
        self._clients = clients
        self._pause = clients / rate
        self._features = features
        self._name = secrets.token_hex(4)
        self._stopping = threading.Event()
        self._background = Background("load")

    def __enter__(self) -> Self:
        self._running = [self._background.begin(self._client(number)) for number in range(self._clients)]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Every request on its way is still waited for."""
        self._stopping.set()
        for client in self._running:
            client.result(2 * PATIENCE)
        self._background.close()

    def wait_for(self, answers: int, seconds: float = 60) -> None:
        """Until so many more answers came."""
        goal, end = len(self.log.answers) + answers, time.monotonic() + seconds
        while len(self.log.answers) < goal:
            missing = goal - len(self.log.answers)
            assert time.monotonic() < end, f"{missing} answers missing; {self.log.refused[-2:]} {self.log.broken[-2:]}"
            self._stopping.wait(0.02)

    def go_on(self, seconds: float) -> tuple[float, float]:
        """Let it ask for so long; from when to when, by the monotonic clock."""
        began = time.monotonic()
        self._stopping.wait(seconds)
        return began, time.monotonic()

    async def _client(self, number: int) -> None:
        dice, client, count = random.Random(number), None, 0
        due = time.monotonic() + number * self._pause / self._clients
        while not self._stopping.is_set():
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            due = max(due, time.monotonic()) + self._pause
            if client is None:
                client = await self._connect()
            if client is None:
                continue
            count += 1
            rows = [self._row(dice) for _ in range(BATCH_ROWS if count % BATCH_EVERY == 0 else 1)]
            if not await self._ask(client, f"{self._name}-{number}-{count}", rows):
                client.close()
                client = None
        if client is not None:
            client.close()

    async def _connect(self) -> Client | None:
        try:
            async with asyncio.timeout(PATIENCE):
                return await connect_to(self._url)
        except (OSError, TimeoutError):
            self.log.unreached += 1
            await asyncio.sleep(AGAIN_SECONDS)
            return None

    async def _ask(self, client: Client, request_id: str, rows: list[dict[str, float]]) -> bool:
        """Ask once; whether the connection can be used again."""
        path, body = ("/predict", rows[0]) if len(rows) == 1 else ("/predict/batch", {"rows": rows})
        self.log.asked += 1
        started = time.monotonic()
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await client.ask(request(path, json.dumps(body).encode(), f"X-Request-ID: {request_id}"))
        except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
            self.log.broken.append(Broken(request_id, repr(error), fresh=not client.used))
            return False
        client.used = True
        if answer.status == 200:
            self.log.timed.append(Timed(started, answer.seconds))
            self.log.answers.extend(read_answers(request_id, rows, json.loads(answer.body)))
        else:
            text = answer.body.decode(errors="replace")
            self.log.refused.append(Refusal(request_id, answer.status, answer.headers.get("retry-after"), text))
        return answer.headers.get("connection", "").lower() != "close"

    def _row(self, dice: random.Random) -> dict[str, float]:
        return {name: round(dice.uniform(0.1, 7.9), 3) for name in self._features}


def read_answers(request_id: str, rows: list[dict[str, float]], body: dict[str, Any]) -> list[Answer]:
    """One answer a row, in the rows' order."""
    found = body.get("predictions", [body])
    return [
        Answer(
            request_id=request_id,
            prediction_id=one["prediction_id"],
            version=str(body["model"]["version"]),
            bundle=body["model"]["bundle"],
            row=row,
            label=one["label_name"],
            probabilities=one["probabilities"],
        )
        for row, one in zip(rows, found, strict=True)
    ]
