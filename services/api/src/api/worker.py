"""The gunicorn worker: its own asgi worker, told its slot, made to say when it drains, and given time to close."""

import signal
from collections.abc import Iterable
from typing import Any

from gunicorn.workers.gasgi import ASGIWorker

_SHARE_FOR_REQUESTS = 0.75


class ApiWorker(ASGIWorker):  # type: ignore[misc]
    slot: int = -1

    def init_process(self) -> None:
        # The master kills at graceful_timeout. Requests get less, so that the lifespan can still close the journal;
        # this process's copy of the configuration is only read by its own drain.
        self.cfg.set("graceful_timeout", max(1, int(self.cfg.graceful_timeout * _SHARE_FOR_REQUESTS)))
        super().init_process()

    def init_signals(self) -> None:
        """Signals end the process while it starts. uvloop would swallow one that comes before the loop runs."""
        for number in self.SIGNALS:
            signal.signal(number, signal.SIG_DFL)

    async def _serve(self) -> None:
        super().init_signals()
        await super()._serve()

    def handle_exit_signal(self) -> None:
        """SIGTERM: readiness turns 503 while requests on open connections are still answered."""
        self.asgi.drain()
        super().handle_exit_signal()


def free_slot(workers: Iterable[Any]) -> int:
    """The lowest slot no living worker has; during a reload old and new workers live side by side."""
    taken = {worker.slot for worker in workers}
    return next(slot for slot in range(len(taken) + 1) if slot not in taken)
