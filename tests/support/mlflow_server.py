"""A real MLflow server on SQLite and local files."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.servers import Server, free_port, http_answers


@contextmanager
def running_mlflow(home: Path) -> Iterator[str]:
    """Its address, for as long as the context lasts; everything of it lies in `home`."""
    port = free_port()
    uri = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{home}/mlflow.db"]
    command += ["--artifacts-destination", str(home / "artifacts")]
    environment = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    search = f"{uri}/api/2.0/mlflow/experiments/search?max_results=1"
    with Server(command, environment, log=home / "server.log") as server:
        server.wait_until(lambda: http_answers(search), "MLflow answers an API call", seconds=90)
        yield uri
