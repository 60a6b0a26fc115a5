"""Calm and storm in turn: five times more work than an api can do, on a core of its own."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
from collections import deque
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean
from typing import Any

from tests.support.apis import ROW, Api
from tests.support.results import ROOT
from tests.torture.raw import Client, Figures, connect, request, steady

ROWS = 1_000
BATCH = request("/predict/batch", json.dumps({"rows": [ROW] * ROWS}).encode())
CALM_SECONDS = 5.0
CALM_CLIENTS = 8
FACTOR = 5
CONNECTIONS = 128


def pin(pid: int, cores: set[int]) -> None:
    """Every thread there is; those to come follow the thread that begins them."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), cores)


@contextlib.contextmanager
def apart(api: Api) -> Iterator[None]:
    """The worker on one core and the clients on the others: what the clients take is not the workers' to lose.

    Where there is one core they share it. The rate is then the clients' too; what an answer costs, which is what is
    asserted, is not.
    """
    cores = os.sched_getaffinity(0)
    own = max(cores)
    pids = [worker.pid for worker in api.workers()]
    for pid in pids:
        pin(pid, {own})
    pin(os.getpid(), cores - {own} or cores)
    yield
    for pid in (*pids, os.getpid()):
        pin(pid, cores)


def cpu_seconds(api: Api) -> float:
    return sum(sum(worker.cpu_times()[:2]) for worker in api.workers())


@contextlib.contextmanager
def stopwatch(url: str, seconds: float) -> Iterator[list[tuple[int, float]]]:
    """Statuses and seconds that a client in a process of its own sees; the list is filled when the context ends."""
    found: list[tuple[int, float]] = []
    command = [sys.executable, "-m", "tests.torture.stopwatch", url, str(seconds)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        yield found
        found.extend((status, taken) for status, taken in json.loads(process.communicate()[0]))


@contextlib.contextmanager
def copier() -> Iterator[None]:
    """Somebody beside the clients who copies memory: all cores share what lies behind their own caches."""
    with subprocess.Popen([sys.executable, "-m", "tests.torture.copier"], cwd=ROOT) as process:
        try:
            yield
        finally:
            process.kill()


async def flood(api: Api, figures: Figures, *, rate: float, seconds: float) -> None:
    """Ask at a fixed rate whatever becomes of it, as far as a pool of connections goes."""
    # The one that rested longest goes first: a connection on which nothing is asked is cut off in time.
    idle = deque([await connect(api) for _ in range(CONNECTIONS)])
    tasks: set[asyncio.Task[None]] = set()

    async def ask(client: Client) -> None:
        if not await figures.ask(client, BATCH):
            client.close()
            client = await connect(api)
        idle.append(client)

    started, due = time.monotonic(), 0
    while (passed := time.monotonic() - started) < seconds:
        while due < passed * rate:
            due += 1
            if idle:
                tasks.add(asyncio.create_task(ask(idle.popleft())))
        await asyncio.sleep(0.005)
    await asyncio.gather(*tasks)
    for client in idle:
        client.close()


async def watch_health(api: Api, statuses: list[int], seconds: float) -> None:
    end, client = time.monotonic() + seconds, await connect(api)
    while time.monotonic() < end:
        statuses.append((await client.ask(request("/health/ready", method="GET"))).status)
        statuses.append((await client.ask(request("/metrics", method="GET"))).status)
        await asyncio.sleep(1.0)
    client.close()


@dataclass
class Calm:
    """As much as it can do, from clients that ask again once they are answered."""

    figures: Figures
    cost: float
    """Milliseconds of CPU time per answer."""

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.figures.answered) / CALM_SECONDS


@dataclass
class Storm:
    """Overload, and how much the api can do right before and right after it: a shared machine's pace changes."""

    figures: Figures
    timed: list[tuple[int, float]]
    """Status and seconds, as a client in a process of its own sees them."""
    used: float
    """Milliseconds of the workers' CPU time."""
    before: Calm
    after: Calm
    seconds: float

    @property
    def rate(self) -> float:
        return (len(self.figures.answered) + [status for status, _ in self.timed].count(200)) / self.seconds

    @property
    def cost(self) -> float:
        """Milliseconds of CPU time per answer."""
        return self.used / (self.rate * self.seconds)

    @property
    def goodput(self) -> float:
        """Answers per second as a share of those of the calm around it."""
        return self.rate / mean((self.before.rate, self.after.rate))


@dataclass
class Overload:
    """Calm and storm in turn, against one api."""

    api: Api
    seconds: float
    """Of each storm."""
    health: list[int] = field(default_factory=list)

    def calm(self) -> Calm:
        figures = Figures()
        course = steady(self.api, figures, BATCH, clients=CALM_CLIENTS, seconds=CALM_SECONDS)
        return Calm(figures, self._used(course) / len(figures.answered))

    def storm(self, before: Calm) -> Storm:
        figures = Figures()
        with stopwatch(self.api.url, self.seconds) as timed:
            used = self._used(self._storming(figures, FACTOR * before.rate))
        return Storm(figures, timed, used, before, self.calm(), self.seconds)

    async def _storming(self, figures: Figures, rate: float) -> None:
        await asyncio.gather(
            flood(self.api, figures, rate=rate, seconds=self.seconds),
            watch_health(self.api, self.health, self.seconds),
        )

    def _used(self, course: Coroutine[Any, Any, None]) -> float:
        """Milliseconds of the workers' CPU time."""
        before = cpu_seconds(self.api)
        asyncio.run(course)
        return (cpu_seconds(self.api) - before) * 1000
