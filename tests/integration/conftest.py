"""Real servers, shared by the integration tests: an MLflow server for the session, a database for each test."""

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.support.servers import Server, free_port, http_answers
from tests.support.training import Published, publish_linear


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.integration)


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of an MLflow server of this session, on SQLite and local files."""
    home, port = tmp_path_factory.mktemp("mlflow"), free_port()
    uri = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += [
        "--backend-store-uri",
        f"sqlite:///{home}/mlflow.db",
        "--artifacts-destination",
        str(home / "artifacts"),
    ]
    environment = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    search = f"{uri}/api/2.0/mlflow/experiments/search?max_results=1"
    with Server(command, environment, log=home / "server.log") as server:
        server.wait_until(lambda: http_answers(search), "MLflow answers an API call", seconds=90)
        yield uri


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
        pytest.skip("no PostgreSQL server programs on this machine (Debian: apt-get install postgresql)")
    # initdb refuses to run as root; Debian's package brings the user.
    user = "postgres" if os.geteuid() == 0 else None
    home, port = tmp_path_factory.mktemp("postgres"), free_port()
    if user:
        for folder in (home, *list(home.parents)[: len(home.parents) - 2]):
            folder.chmod(0o755)
        shutil.chown(home, user)
    data = home / "data"
    init = [str(programs / "initdb"), "--pgdata", str(data), "--username", "tests", "--auth", "trust", "--no-sync"]
    subprocess.run([*init, "--encoding", "UTF8"], check=True, user=user, stdout=subprocess.DEVNULL, cwd="/")
    command = [str(programs / "postgres"), "-D", str(data), "-p", str(port), "-h", "127.0.0.1", "-k", str(home)]
    url = f"postgresql://tests@127.0.0.1:{port}"
    with Server(
        [*command, "-c", "fsync=off"], dict(os.environ), log=tmp_path_factory.mktemp("log") / "pg", user=user
    ) as server:
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
