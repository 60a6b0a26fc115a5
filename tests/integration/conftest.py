"""Real servers, shared by the integration tests: an MLflow server for the session, a database for each test."""

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.support.missing import skip_without
from tests.support.servers import Server, free_port
from tests.support.training import Published, publish_linear


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.integration)


@pytest.fixture(scope="session")
def published(mlflow_server: str, tmp_path_factory: pytest.TempPathFactory) -> Published:
    """The linear candidate, as `linear@production` in the session's registry."""
    return publish_linear(tmp_path_factory.mktemp("published"), mlflow_server, "linear")


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a PostgreSQL server of this session, without a database name."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres")) or [Path(shutil.which("postgres") or "")]
    programs = found[-1].parent
    if not (programs / "initdb").is_file():
        skip_without("PostgreSQL's initdb", "apt-get install postgresql")
    # initdb refuses to run as root; Debian's package brings the user.
    user = "postgres" if os.geteuid() == 0 else None
    port = free_port()
    # not below pytest's own folder: every session that begins makes that one private again, and shuts the user out
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        home = Path(folder)
        if user:
            shutil.chown(home, user)
        init = [str(programs / "initdb"), "--pgdata", str(home / "data"), "--username", "tests", "--auth", "trust"]
        subprocess.run(
            [*init, "--no-sync", "--encoding", "UTF8"], check=True, user=user, stdout=subprocess.DEVNULL, cwd="/"
        )
        command = [str(programs / "postgres"), "-D", str(home / "data"), "-p", str(port), "-h", "127.0.0.1"]
        url, log = f"postgresql://tests@127.0.0.1:{port}", tmp_path_factory.mktemp("log") / "pg"
        with Server([*command, "-k", folder, "-c", "fsync=off"], dict(os.environ), log=log, user=user) as server:
            server.wait_until(lambda: _connects(url), "PostgreSQL accepts a connection", seconds=30)
            yield url


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """Address of a database made for this test and dropped after it."""
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(f"{postgres_server}/postgres", autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
        yield f"{postgres_server}/{name}"
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _connects(url: str) -> bool:
    try:
        psycopg.connect(f"{url}/postgres", connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True
