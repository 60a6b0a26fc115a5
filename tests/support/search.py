"""A Dask scheduler and its workers as processes, on this machine."""

import os
import socket
import sys
from pathlib import Path

from tests.support.servers import Server, free_port

QUIET = {"DASK_DISTRIBUTED__ADMIN__TICK__LIMIT": "1h", "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False"}


class Scheduler(Server):
    """`address` answers once the context has begun; workers end with the scheduler."""

    def __init__(self, folder: Path) -> None:
        self.address = f"tcp://127.0.0.1:{free_port()}"
        self._folder = folder
        words = ["distributed.cli.dask_scheduler", "--host", self.address, "--no-dashboard"]
        super().__init__(_python(*words), _environment(), log=folder / "scheduler.txt")

    def worker(self, name: str, *, threads: int = 1, code: Path | None = None) -> Server:
        """A worker without a watcher that starts it again; `code` is a folder with another trainer."""
        local = ["--local-directory", str(self._folder / name)]
        limits = ["--nthreads", str(threads), "--no-nanny", "--no-dashboard", "--memory-limit", "0"]
        words = ["distributed.cli.dask_worker", self.address, "--name", name, *limits, *local]
        return Server(_python(*words), _environment(code), log=self._folder / f"{name}.txt")

    def ready(self) -> bool:
        host, port = self.address.removeprefix("tcp://").split(":")
        with socket.socket() as one:
            return one.connect_ex((host, int(port))) == 0


def _python(*words: str) -> list[str]:
    return [sys.executable, "-m", *words]


def _environment(code: Path | None = None) -> dict[str, str]:
    path = [str(code)] if code else []
    return {**os.environ, **QUIET, "PYTHONPATH": os.pathsep.join([*path, *filter(None, sys.path)])}
