"""The gunicorn worker: an event loop of its own on the master's sockets, the heartbeat, and a stop in good order."""

import asyncio
import contextlib
import gc
import os
import resource
import signal
from collections.abc import Iterable
from email.utils import formatdate
from typing import Any

import uvloop
from gunicorn.workers.base import Worker

from api.server.connection import Connection
from api.server.lifespan import Lifespan
from api.server.sockets import stop_listening

_SHARE_FOR_REQUESTS = 0.75
_IDLE_WHILE_STOPPING = 5.0
_DESCRIPTORS_BESIDE_CONNECTIONS = 256
_OBJECTS_BEFORE_A_LOOK = 50_000
_LOOK_WHILE_STANDING_BY = 0.05
_LOOK_WHILE_STOPPING = 0.1


class ApiWorker(Worker):  # type: ignore[misc]
    """A gunicorn worker with an event loop of its own.

    Of gunicorn it uses only what its documentation gives a worker: sockets, notify, alive, and the methods named here.
    """

    slot: int = -1
    retired: bool = False
    """Set by the master in its own copy, when it has asked this worker to stop."""
    max_connections: int = 1_000
    client_timeout: float = 20.0
    keepalive_timeout: float = 75.0

    def init_process(self) -> None:
        self.connections: set[Connection] = set()
        self._quick = False
        self._stopping = asyncio.Event()
        self._date = b""
        self._tick()
        _allow_descriptors(self.max_connections * 2 + _DESCRIPTORS_BESIDE_CONNECTIONS)
        self.loop = uvloop.new_event_loop()
        asyncio.set_event_loop(self.loop)
        super().init_process()

    def load_wsgi(self) -> None:
        self.asgi = self.app.wsgi()

    def init_signals(self) -> None:
        """Signals end the process while it starts. uvloop would swallow one that comes before the loop runs."""
        for number in self.SIGNALS:
            signal.signal(number, signal.SIG_DFL)

    def run(self) -> None:
        try:
            self.loop.run_until_complete(self._serve())
        except Exception:
            self.log.exception("the worker failed")
        finally:
            self._clean_up()

    @property
    def crowded(self) -> bool:
        return len(self.connections) > self.max_connections

    def date(self) -> bytes:
        """The Date header that ends the head of an answer."""
        return self._date

    async def _serve(self) -> None:
        self._listen_to_signals()
        # Freeze the objects made at start, so that full garbage collection (50 ms) skips them during a request.
        # Batches create many objects without cycles, so the threshold of the youngest generation is raised.
        gc.freeze()
        gc.set_threshold(_OBJECTS_BEFORE_A_LOOK)
        lifespan = Lifespan(self.asgi)
        try:
            await lifespan.start()
        except (RuntimeError, TimeoutError) as error:
            self.log.error("the application did not start: %s", error)
            return
        await self._stand_by()
        servers = [
            await self.loop.create_server(lambda: Connection(self), sock=listener.sock) for listener in self.sockets
        ]
        self.log.info("worker listens")
        while not self._stopping.is_set() and self.ppid == os.getppid():
            self.notify()
            self._check_connections(self.keepalive_timeout)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), 1.0)
        await self._leave(servers)
        if not self._quick:
            try:
                await lifespan.stop()
            except (RuntimeError, TimeoutError) as error:
                self.log.error("the application did not stop in good order: %s", error)

    async def _stand_by(self) -> None:
        """Without a model, do not listen while another worker has one: half of the requests would be refused."""
        while self._runs() and self.app.readiness.stands_by(self.slot):
            self.notify()
            await asyncio.sleep(_LOOK_WHILE_STANDING_BY)

    def _runs(self) -> bool:
        return not self._stopping.is_set() and self.ppid == os.getppid()

    def _check_connections(self, keepalive: float) -> None:
        self._tick()
        now = self.loop.time()
        for connection in list(self.connections):
            connection.check(now, client_timeout=self.client_timeout, keepalive=keepalive)

    async def _leave(self, servers: list[asyncio.AbstractServer]) -> None:
        """Answer what is on its way. Connections without a request stay for a moment: theirs may come just now."""
        for accepted in stop_listening([listener.sock for listener in self.sockets], servers):
            await self.loop.connect_accepted_socket(lambda: Connection(self), accepted)
        await asyncio.sleep(0)  # a connection that uvloop has just accepted is made in the loop's next turn
        # The master kills at graceful_timeout. Requests get less, so that the lifespan can still close the journal.
        deadline = self.loop.time() + max(1.0, self.cfg.graceful_timeout * _SHARE_FOR_REQUESTS)
        keepalive = min(self.keepalive_timeout, _IDLE_WHILE_STOPPING)
        while self.connections and not self._quick and self.loop.time() < deadline:
            self.notify()
            self._check_connections(keepalive)
            await asyncio.sleep(_LOOK_WHILE_STOPPING)
        if self.connections:
            self.log.warning("%d connections are cut off", len(self.connections))
        for connection in list(self.connections):
            connection.transport.abort()

    def _listen_to_signals(self) -> None:
        self.loop.add_signal_handler(signal.SIGTERM, self._drain)
        for number in (signal.SIGINT, signal.SIGQUIT):
            self.loop.add_signal_handler(number, self._drain, True)  # noqa: FBT003
        self.loop.add_signal_handler(signal.SIGUSR1, self.log.reopen_files)
        self.loop.add_signal_handler(signal.SIGABRT, self.handle_abort, signal.SIGABRT, None)

    def _drain(self, *quick: bool) -> None:
        """Stop in good order: each answer closes its connection. With ``quick`` no open connection is waited for."""
        self._quick = self._quick or any(quick)
        self.alive = False
        self.asgi.drain()
        self._stopping.set()

    def _tick(self) -> None:
        self._date = f"date: {formatdate(usegmt=True)}\r\n\r\n".encode()

    def _clean_up(self) -> None:
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        if tasks:
            self.loop.run_until_complete(asyncio.wait(tasks, timeout=1.0))
        self.loop.close()


def _allow_descriptors(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def free_slot(workers: Iterable[Any]) -> int:
    """The lowest slot no living worker has; during a reload old and new workers live side by side."""
    taken = {worker.slot for worker in workers}
    return next(slot for slot in range(len(taken) + 1) if slot not in taken)
