"""A PostgreSQL server with a data folder of its own, to be stopped, frozen and killed."""

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from bench.errors import ToolMissingError
from bench.postgres import accepts, program
from tests.support.servers import Server, free_port

UNPRIVILEGED = "nobody"


class Postgres:
    """Not running until :meth:`start`. What it held is still there after :meth:`kill` and another start."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port = free_port()
        self.url = f"postgresql://torture@127.0.0.1:{self.port}"
        # It refuses to run as root.
        self._user = UNPRIVILEGED if os.geteuid() == 0 else None
        if self._user:
            os.chown(home, pwd.getpwnam(self._user).pw_uid, -1)
        self._environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(home)}
        make = [str(program("initdb")), "--pgdata", str(home / "data"), "--auth", "trust", "--username", "torture"]
        make += ["--encoding", "UTF8", "--no-sync", "--wal-segsize", "1"]
        subprocess.run(make, check=True, stdout=subprocess.DEVNULL, env=self._environment, user=self._user, cwd=home)
        self.server: Server | None = None

    def start(self) -> None:
        command = [str(program("postgres")), "-D", str(self.home / "data"), "-p", str(self.port), "-k", str(self.home)]
        command += ["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]
        self.server = Server(command, self._environment, log=self.home / "log", user=self._user, cwd=self.home)
        self.server.wait_until(lambda: accepts(f"{self.url}/postgres"), "PostgreSQL accepts a connection", 60)

    def stop(self) -> None:
        """In good order, whoever is connected."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """Every process of it at once, as a machine that goes away."""
        for process in self._processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """It keeps its connections and says nothing more."""
        for process in self._processes():
            process.suspend()

    def thaw(self) -> None:
        for process in self._processes():
            process.resume()

    @property
    def runs(self) -> bool:
        return self.server is not None and self.server.process.poll() is None

    @contextlib.contextmanager
    def database(self) -> Iterator[str]:
        """The URL of an empty database that is dropped afterwards."""
        name = f"torture_{secrets.token_hex(6)}"
        with psycopg.connect(f"{self.url}/postgres", autocommit=True) as admin:
            admin.execute(f'CREATE DATABASE "{name}"')
        yield f"{self.url}/{name}"
        with psycopg.connect(f"{self.url}/postgres", autocommit=True) as admin:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _processes(self) -> list[psutil.Process]:
        assert self.server is not None
        main = psutil.Process(self.server.process.pid)
        return [main, *main.children(recursive=True)]

    def _end(self, number: signal.Signals) -> None:
        assert self.server is not None
        with contextlib.suppress(ProcessLookupError):
            self.server.process.send_signal(number)
        self.server.process.wait(60)
        self.server.stop()


@contextlib.contextmanager
def postgres(home: Path | None = None) -> Iterator[Postgres]:
    """A running server; skips the test where PostgreSQL's programs are not installed."""
    made = home or Path(tempfile.mkdtemp(prefix="torture-postgres-"))
    try:
        server = Postgres(made)
    except ToolMissingError as error:
        pytest.skip(str(error))
    try:
        server.start()
        yield server
    finally:
        if server.server is not None:
            server.server.stop()
        if home is None:
            shutil.rmtree(made, ignore_errors=True)
