"""gunicorn, configured from our settings instead of its own files and flags."""

import logging
import signal
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from prometheus_client import multiprocess

from api.access.rate_limit import RateLimits
from api.app import create_app
from api.server.arbiter import PatientArbiter
from api.server.worker import ApiWorker, free_slot
from api.serving.worker_readiness import Readiness, WorkerReadiness
from api.settings import Settings
from api.telemetry.counting import count_in_slot

_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 (gunicorn puts a heartbeat file of its own making there)


class Server(BaseApplication):  # type: ignore[misc]
    """Runs ``api_workers`` workers until a signal; ``slot`` is set in each worker."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.slot = 0
        self.rates = RateLimits()
        self.readiness = WorkerReadiness()
        super().__init__()

    def load_config(self) -> None:
        for name, value in options(self.settings).items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return create_app(self.settings, slot=self.slot, rates=self.rates, readiness=self.readiness)

    def run(self) -> None:
        PatientArbiter(self).run()


class JsonLogger(Logger):  # type: ignore[misc]
    """Sends the server's own messages the way of ours. There is no access log: the journal and the metrics are that."""

    def setup(self, cfg: Any) -> None:
        self.error_log.handlers.clear()
        self.error_log.propagate = True
        self.error_log.setLevel(logging.NOTSET)

    def reopen_files(self) -> None:
        """Nothing to do: the log file is watched."""


def options(settings: Settings) -> dict[str, Any]:
    """Everything that differs from gunicorn's defaults."""
    return {
        "bind": f"{settings.api_host}:{settings.api_port}",
        "workers": settings.api_workers,
        "worker_class": ApiWorker,
        "worker_tmp_dir": str(_SHARED_MEMORY) if _SHARED_MEMORY.is_dir() else None,
        "control_socket_disable": True,
        "graceful_timeout": settings.graceful_timeout,
        "timeout": 30,
        "logger_class": JsonLogger,
        "pre_fork": _give_slot,
        "post_fork": _use_slot,
        "child_exit": _forget_worker,
    }


def _give_slot(server: Any, worker: ApiWorker) -> None:
    worker.slot = free_slot(server.WORKERS.values())
    server.app.readiness.set(worker.slot, Readiness.NOTHING)
    settings = server.app.settings
    worker.max_connections = settings.max_connections
    worker.client_timeout, worker.keepalive_timeout = settings.client_timeout, settings.keepalive_timeout


def _use_slot(_server: Any, worker: ApiWorker) -> None:
    # Files named by slot and not by process stay bounded, and a new worker goes on counting where the old one stopped.
    # Until its loop runs, a worker has nothing to finish: the master's handlers it inherited would swallow a stop.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)
    count_in_slot(worker.slot)
    worker.app.slot = worker.slot


def _forget_worker(server: Any, worker: ApiWorker) -> None:
    server.app.readiness.set(worker.slot, Readiness.NOTHING)
    # Removes the gauges of the living only; the counters of the dead still count.
    multiprocess.mark_process_dead(worker.slot)  # type: ignore[no-untyped-call]
