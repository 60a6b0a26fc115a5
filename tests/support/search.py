"""A Dask scheduler and its workers as processes, on this machine."""

import os
import sys
from pathlib import Path

import httpx2

from tests.support.servers import Server, free_port

QUIET = {"DASK_DISTRIBUTED__ADMIN__TICK__LIMIT": "1h", "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False"}


class Scheduler(Server):
    """`address` answers once the context has begun; workers end with the scheduler."""

    def __init__(self, folder: Path) -> None:
        self.address = f"tcp://127.0.0.1:{free_port()}"
        self._folder = folder
        self._health = f"127.0.0.1:{free_port()}"
        words = ["distributed.cli.dask_scheduler", "--host", self.address]
        words += ["--no-dashboard", "--dashboard-address", self._health]
        super().__init__(_python(*words), _environment(), log=folder / "scheduler.txt")

    def worker(self, name: str, *, threads: int = 1, code: Path | None = None) -> Server:
        """A worker without a watcher that starts it again; `code` is a folder with another trainer."""
        local = ["--local-directory", str(self._folder / name)]
        limits = ["--nthreads", str(threads), "--no-nanny", "--no-dashboard", "--memory-limit", "0"]
        words = ["distributed.cli.dask_worker", self.address, "--name", name, *limits, *local]
        return Server(_python(*words), _environment(code), log=self._folder / f"{name}.txt")

    def ready(self) -> bool:
        """As the health check of docker-compose.yml asks it."""
        try:
            return httpx2.get(f"http://{self._health}/health").is_success
        except httpx2.TransportError:
            return False

    def written(self) -> str:
        return (self._folder / "scheduler.txt").read_text(encoding="utf-8")


def _python(*words: str) -> list[str]:
    return [sys.executable, "-m", *words]


def _environment(code: Path | None = None) -> dict[str, str]:
    path = [str(code)] if code else []
    return {**os.environ, **QUIET, "PYTHONPATH": os.pathsep.join([*path, *filter(None, sys.path)])}
