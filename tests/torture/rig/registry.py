"""A real MLflow server, and somebody who publishes into it with MLflow's own client."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
from mlflow import MlflowClient

from tests.support.servers import Server, free_port, http_answers
from tests.torture.rig.offline import Offline


class Registry:
    """An MLflow server on SQLite and local files in ``home``."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port = free_port()
        self.uri = f"http://127.0.0.1:{self.port}"
        self.server: Server | None = None

    def start(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(self.port)]
        command += ["--workers", "1", "--backend-store-uri", f"sqlite:///{self.home}/mlflow.db"]
        command += ["--artifacts-destination", str(self.home / "artifacts")]
        environment = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
        self.server = Server(command, environment, log=self.home / "server.log")
        search = f"{self.uri}/api/2.0/mlflow/experiments/search?max_results=1"
        self.server.wait_until(lambda: http_answers(search), "MLflow answers an API call", seconds=120)

    def stop(self) -> None:
        assert self.server is not None
        self.server.stop()

    def freeze(self) -> None:
        for process in self._processes():
            process.suspend()

    def thaw(self) -> None:
        for process in self._processes():
            process.resume()

    def _processes(self) -> list[psutil.Process]:
        assert self.server is not None
        main = psutil.Process(self.server.process.pid)
        return [main, *main.children(recursive=True)]


@contextlib.contextmanager
def registry(home: Path) -> Iterator[Registry]:
    made = Registry(home)
    try:
        made.start()
        yield made
    finally:
        if made.server is not None:
            made.server.stop()


class Publisher:
    """A registered model of its own. ``models`` are the published versions, to be asked offline."""

    def __init__(self, uri: str, name: str | None = None) -> None:
        self.client = MlflowClient(uri, uri)
        self.model = name or f"torture-{uuid4().hex[:8]}"
        self.models: dict[str, Offline] = {}
        self.client.create_registered_model(self.model)
        self._experiment = self.client.create_experiment(f"{self.model}-{uuid4().hex[:8]}")

    def publish(self, bundle: Path, **tags: Any) -> str:
        """Make a version of a bundle's folder. No alias names it yet."""
        run = self.client.create_run(self._experiment).info.run_id
        self.client.log_artifacts(run, str(bundle), "bundle")
        marks = {"bundle": bundle.name, **tags}
        made = self.client.create_model_version(self.model, f"runs:/{run}/bundle", run_id=run, tags=marks)
        self.models[str(made.version)] = Offline(bundle)
        return str(made.version)

    def point(self, version: str, alias: str = "production") -> None:
        self.client.set_registered_model_alias(self.model, alias, version)
