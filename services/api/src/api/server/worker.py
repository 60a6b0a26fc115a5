"""The gunicorn worker: its own asgi worker, with the number of its slot, which says when it drains."""

import asyncio
import contextlib
import gc
import os
import resource
import signal
import socket
from collections.abc import Iterable
from typing import Any

from gunicorn.asgi.lifespan import LifespanManager
from gunicorn.workers import gasgi

from api.server.connection import Connection

_SHARE_FOR_REQUESTS = 0.75
_IDLE_WHILE_STOPPING = 5.0
_LAST_UNANNOUNCED_ANSWERS = 0.5
_DESCRIPTORS_BESIDE_CONNECTIONS = 256
_OBJECTS_BEFORE_A_LOOK = 50_000
_LOOK_WHILE_STANDING_BY = 0.05


class ApiWorker(gasgi.ASGIWorker):  # type: ignore[misc]
    slot: int = -1
    retired: bool = False
    """Set by the master in its own copy, when it has asked this worker to stop."""
    max_connections: int = 1_000
    client_timeout: float = 20.0
    keepalive_timeout: float = 75.0

    def init_process(self) -> None:
        # The master kills at graceful_timeout. Requests get less, so that the lifespan can still close the journal;
        # this process's copy of the configuration is only read by its own drain.
        self.cfg.set("graceful_timeout", max(1, int(self.cfg.graceful_timeout * _SHARE_FOR_REQUESTS)))
        self.connections: set[Connection] = set()
        _allow_descriptors(self.max_connections * 2 + _DESCRIPTORS_BESIDE_CONNECTIONS)
        super().init_process()

    @property
    def crowded(self) -> bool:
        return len(self.connections) > self.max_connections

    def init_signals(self) -> None:
        """Signals end the process while it starts. uvloop would swallow one that comes before the loop runs."""
        for number in self.SIGNALS:
            signal.signal(number, signal.SIG_DFL)

    async def _serve(self) -> None:
        super().init_signals()
        # Freeze the objects made at start, so that full garbage collection (50 ms) skips them during a request.
        # Batches create many objects without cycles, so the threshold of the youngest generation is raised.
        gc.freeze()
        gc.set_threshold(_OBJECTS_BEFORE_A_LOOK)
        # gunicorn names its protocol class in the middle of a long method; this is the one place to put another there
        gasgi.ASGIProtocol = Connection
        self.lifespan = LifespanManager(self.asgi, self.log, self.state)
        try:
            await self.lifespan.startup()
        except RuntimeError as error:
            self.log.error("ASGI lifespan startup failed: %s", error)
            return
        await self._stand_by()
        checks = asyncio.create_task(self._check_connections(), name="connections")
        try:
            await super()._serve()
        finally:
            checks.cancel()

    async def _stand_by(self) -> None:
        """Without a model, do not listen while another worker has one: half of the requests would be refused."""
        while self.alive and self.ppid == os.getppid() and self.app.presence.stands_by(self.slot):
            self.notify()
            await asyncio.sleep(_LOOK_WHILE_STANDING_BY)

    async def _check_connections(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            now = self.loop.time()
            keepalive = self.keepalive_timeout if self.alive else min(self.keepalive_timeout, _IDLE_WHILE_STOPPING)
            for connection in list(self.connections):
                connection.check(now, client_timeout=self.client_timeout, keepalive=keepalive)

    async def _shutdown(self) -> None:
        waiting = self._leave_the_door()
        for connection in waiting:
            await self.loop.connect_accepted_socket(lambda: Connection(self), connection)
        await super()._shutdown()

    def _leave_the_door(self) -> list[socket.socket]:
        """Stop listening, and take along the connections that the kernel has accepted already.

        The last worker that closes the listening socket resets whoever waits there, and a client may have sent its
        request; so nothing comes between the last look and the close. The backlog stays as it is: it belongs to the
        workers that go on listening, too, and with none the kernel answers by cookie and then forgets half a request.
        """
        waiting = []
        for listener in self.sockets:
            with contextlib.suppress(BlockingIOError):
                while True:
                    waiting.append(listener.sock.accept()[0])
        for server in self.servers:
            server.close()
        for connection in waiting:
            connection.setblocking(False)  # noqa: FBT003
        return waiting

    def handle_exit_signal(self) -> None:
        """SIGTERM: readiness turns 503 while requests on open connections are still answered.

        gunicorn closes keep-alive connections without announcing it once the worker is not alive. So the worker stays
        alive until the responses that were in flight before the drain have been sent.
        """
        self.asgi.drain()
        self.loop.call_later(_LAST_UNANNOUNCED_ANSWERS, super().handle_exit_signal)


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
