"""A PostgreSQL of our own for the length of a measurement, with the settings it ships with."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg

from bench.errors import ToolMissingError
from scripts.run.interrupts import Interrupts
from scripts.run.ports import HOST, free_port
from scripts.run.processes import Process

DEBIAN = "/usr/lib/postgresql/*/bin"
UNPRIVILEGED = "nobody"


@contextlib.contextmanager
def postgres(interrupts: Interrupts) -> Iterator[str]:
    """The URL of an empty database, gone with the body.

    Raises ToolMissingError where PostgreSQL's programs are not installed.
    """
    initdb, server = program("initdb"), program("postgres")
    with tempfile.TemporaryDirectory(prefix="bench-postgres-") as folder:
        # It refuses to run as root.
        user = UNPRIVILEGED if os.geteuid() == 0 else None
        if user:
            os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
        data, port = Path(folder) / "data", free_port()
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": folder}
        make = [str(initdb), "--pgdata", str(data), "--auth", "trust", "--username", "bench", "--encoding", "UTF8"]
        subprocess.run(make, check=True, capture_output=True, env=environment, user=user, cwd=folder)  # noqa: S603
        command = [
            *(str(server), "-D", str(data), "-p", str(port)),
            *("-c", f"listen_addresses={HOST}", "-c", f"unix_socket_directories={folder}"),
        ]
        with contextlib.ExitStack() as stack:
            with interrupts.shield():
                process = Process(command, environment, log=Path(folder) / "log", user=user, cwd=Path(folder))
                stack.enter_context(process)
            url = f"postgresql://bench@{HOST}:{port}/postgres"
            process.wait_until(lambda: accepts(url), "PostgreSQL accepts connections", 60)
            yield url


def accepts(url: str) -> bool:
    with contextlib.suppress(psycopg.OperationalError), psycopg.connect(url, connect_timeout=2):
        return True
    return False


def program(name: str) -> Path:
    """Where PostgreSQL's `name` is: Debian keeps it off the path."""
    newest_first = sorted(Path("/").glob(f"{DEBIAN[1:]}/{name}"), reverse=True)
    if found := shutil.which(name):
        return Path(found)
    if newest_first:
        return newest_first[0]
    raise ToolMissingError(f"PostgreSQL's '{name}' is not there; on Debian and Ubuntu: apt-get install postgresql")
