"""Backup and restore of the container stack, through `docker compose` alone. The api answers throughout."""

import json
import os
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

from scripts.backup.errors import BackupError
from scripts.operate.containers import Containers, ForeignContainersError

ROOT = Path(__file__).resolve().parents[2]
DATABASES = {"audit": "courier", "mlflow": "mlflow"}
"""Each with the role that owns it."""
ARTIFACTS = "artifacts.tar"
DRAIN_SECONDS = 120.0
WRITERS = ("courier", "mlflow", "grafana", "retrainer")
"""Services that write a database or are connected to one."""
FILE_CHANGED = 1
"""tar's exit code when a file grew while it was read: an artifact of a training that is still going on."""


def running() -> set[str]:
    """The services of this Compose project that run; empty without an engine.

    Raises BackupError when they were started from another checkout.
    """
    try:
        Containers(ROOT, os.environ).run("postgres")
    except ForeignContainersError as error:
        raise BackupError(str(error)) from None
    try:
        return set(_compose("ps", "--services", "--status", "running").decode().split())
    except BackupError:
        return set()


def save(folder: Path) -> None:
    """Write both databases and the artifacts into `folder`. Raises BackupError."""
    _wait_for_journal(datetime.now(UTC))
    # The databases first: what they name is stored before it is named, so the artifacts read later hold all of it.
    for database in DATABASES:
        with (folder / f"{database}.dump").open("wb") as file:
            dump = ("pg_dump", "--username=postgres", "--format=custom", database)
            _compose("exec", "--no-TTY", "postgres", *dump, output=file.fileno())
    with (folder / ARTIFACTS).open("wb") as file:
        pack = ("tar", "--create", "--directory=/srv/artifacts", "--warning=no-file-changed", ".")
        _compose("exec", "--no-TTY", "mlflow", *pack, output=file.fileno(), also_well=(FILE_CHANGED,))


def restore(folder: Path) -> None:
    """Put them in the place of what is there. Raises BackupError; a database changes whole or not at all."""
    stopped = sorted(running() & set(WRITERS))
    if stopped:
        _compose("stop", *stopped)
    _compose("up", "--detach", "--wait", "--no-build", "--no-deps", "postgres")
    for database, owner in DATABASES.items():
        _restore_database(folder / f"{database}.dump", database, owner)
    # Added to what is there: a run's files never change, and what the registry does not name harms nobody.
    unpack = ("--extract", "--directory=/srv/artifacts", "--no-same-owner", "--no-overwrite-dir")
    with (folder / ARTIFACTS).open("rb") as file:
        run = ("run", "--rm", "--no-TTY", "--no-deps", "--entrypoint=tar", "mlflow")
        _compose(*run, *unpack, source=file.fileno())
    if stopped:
        _compose("up", "--detach", "--wait", "--no-build", "--no-deps", *stopped)


def _restore_database(dump: Path, database: str, owner: str) -> None:
    fresh, replaced = f"{database}_restoring", f"{database}_replaced"
    _sql(f"DROP DATABASE IF EXISTS {fresh} WITH (FORCE)")
    _sql(f"CREATE DATABASE {fresh} OWNER {owner}")
    with dump.open("rb") as file:
        fill = ("pg_restore", "--username=postgres", "--exit-on-error", "--single-transaction", f"--dbname={fresh}")
        _compose("exec", "--no-TTY", "postgres", *fill, source=file.fileno())
    # A dump holds what is granted inside the database, not what is granted on it.
    _sql(f"REVOKE ALL ON DATABASE {fresh} FROM PUBLIC")
    if database == "audit":
        _sql(f"GRANT CONNECT ON DATABASE {fresh} TO grafana")
    _sql(f"DROP DATABASE IF EXISTS {replaced} WITH (FORCE)")
    _sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'")  # noqa: S608 - ours
    # One command is one transaction: at every moment there is a database of that name.
    _sql(f"ALTER DATABASE {database} RENAME TO {replaced}; ALTER DATABASE {fresh} RENAME TO {database}")
    _sql(f"DROP DATABASE {replaced} WITH (FORCE)")


def _wait_for_journal(moment: datetime) -> None:
    """Until everything that was answered before `moment` is in the database."""
    end = time.monotonic() + DRAIN_SECONDS
    while True:
        status = json.loads(_compose("exec", "--no-TTY", "courier", "python", "-m", "courier", "status"))
        behind = (datetime.now(UTC) - moment).total_seconds()
        waiting = status["journal"]
        if status["store"]["up"] and (not waiting["pending_records"] or 0 < waiting["oldest_pending_seconds"] < behind):
            return
        if time.monotonic() > end:
            raise BackupError(f"the journal did not land within {DRAIN_SECONDS:.0f} s: docker compose logs courier")
        time.sleep(0.5)


def _sql(command: str) -> None:
    psql = ("psql", "--username=postgres", "--dbname=postgres", "--no-psqlrc", "--quiet", "--output=/dev/null")
    _compose("exec", "--no-TTY", "postgres", *psql, "--set=ON_ERROR_STOP=1", "--command", command)


def _compose(
    *arguments: str, source: int | None = None, output: int | None = None, also_well: tuple[int, ...] = ()
) -> bytes:
    """The output of `docker compose`, unless it goes to the descriptor `output`. Raises BackupError."""
    try:
        done = subprocess.run(
            ["docker", "compose", *arguments],  # noqa: S607 - the user's own docker
            cwd=ROOT,
            stdin=subprocess.DEVNULL if source is None else source,
            stdout=subprocess.PIPE if output is None else output,
            stderr=subprocess.PIPE,
            check=False,
        )
    except OSError as error:
        raise BackupError(f"docker can't be started: {error}") from error
    if done.returncode not in (0, *also_well):
        errors = done.stderr.decode(errors="replace").strip()[-2000:]
        raise BackupError(f"`docker compose {' '.join(arguments)}` ended with {done.returncode}:\n{errors}")
    return done.stdout or b""
