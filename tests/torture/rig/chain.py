"""The whole chain as real processes: MLflow → courier → api → journal → courier → PostgreSQL, and its trial."""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx2
import psutil

from tests.support.apis import Api, running_api
from tests.support.servers import Server, free_port, http_answers, wait_until
from tests.torture.rig.audit import rows_of
from tests.torture.rig.log import Log
from tests.torture.rig.offline import Offline
from tests.torture.rig.verdicts import judge

REGISTRY_POLL_SECONDS = 1.0


class Chain:
    """One api and one courier on folders of their own. The registry and the database are somebody else's."""

    def __init__(self, folder: Path, *, registry: str, model: str, database: str, **settings: str) -> None:
        self.folder = folder
        self.database = database
        self.api_port = free_port()
        self.courier_port = free_port()
        self._settings = {"serving_dir": str(folder / "serving"), "journal_dir": str(folder / "journal"), **settings}
        self._courier_environment = {
            **os.environ,
            "MLFLOW_TRACKING_URI": registry,
            "MODEL_NAME": model,
            "DATABASE_URL": database,
            "COURIER_PORT": str(self.courier_port),
            "DRAIN_POLL_SECONDS": "0.1",
            "REGISTRY_POLL_SECONDS": str(REGISTRY_POLL_SECONDS),
            "SERVING_DIR": self._settings["serving_dir"],
            "JOURNAL_DIR": self._settings["journal_dir"],
        }
        self._open = contextlib.ExitStack()
        self.courier: Server | None = None
        self.api: Api

    def start_courier(self) -> None:
        self.stop_courier()
        log, command = self.folder / "courier.log", [sys.executable, "-m", "courier"]
        self.courier = Server(command, self._courier_environment, log=log, cwd=self.folder)

    def stop_courier(self) -> None:
        if self.courier is not None:
            self.courier.stop()

    def kill_courier(self) -> None:
        assert self.courier is not None
        self.courier.process.kill()
        self.courier.process.wait(10)

    def start_api(self, *, ready: bool = True) -> None:
        """On the same port and the same folders each time."""
        settings = {name.upper(): value for name, value in self._settings.items()}
        self.api = self._open.enter_context(running_api(self.folder, port=self.api_port, ready=ready, **settings))

    def kill_api(self) -> None:
        """The master and every worker at once."""
        for process in [psutil.Process(self.api.server.process.pid), *self.api.workers()]:
            process.send_signal(signal.SIGKILL)
        self.api.server.process.wait(10)

    def close(self) -> None:
        self._open.close()
        self.stop_courier()

    def courier_metrics(self) -> dict[str, float]:
        """Every series of the courier by its name and labels; empty while it does not answer."""
        try:
            text = httpx2.get(f"http://127.0.0.1:{self.courier_port}/metrics", timeout=10).text
        except httpx2.HTTPError:
            return {}
        lines = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
        return {name: float(value) for name, _, value in lines}

    def is_ready(self) -> bool:
        return http_answers(f"{self.api.url}/health/ready")

    def serves(self, version: str) -> bool:
        """Whether every worker has this version, and no worker another."""
        try:
            loaded = {name: n for name, n in self.api.metrics().items() if name.startswith("model_info{") and n > 0}
        except httpx2.HTTPError:
            return False
        return loaded == {f'model_info{{variant="production",version="{version}"}}': 2}

    def settle(self, seconds: float = 120) -> float:
        """Wait until nothing waits in the journal; the seconds it took."""
        began = time.monotonic()
        pending = "journal_pending_records"
        wait_until(lambda: self.courier_metrics().get(pending) == 0, "the journal is drained", seconds)
        return time.monotonic() - began

    def judge(self, log: Log, models: Mapping[str, Offline]) -> str:
        """The three verdicts on what clients saw, and their figures. Raises AssertionError with what was found."""
        self.settle()
        return judge(log, rows_of(self.database), models)


@contextlib.contextmanager
def chain(
    folder: Path, *, registry: str, model: str, database: str, ready: bool = True, **settings: str
) -> Iterator[Chain]:
    """A chain that serves, or that has only started unless ``ready``. ``settings`` are the api's, in lower case."""
    made = Chain(folder, registry=registry, model=model, database=database, **settings)
    try:
        made.start_courier()
        if ready:
            policy = folder / "serving" / "policy.json"
            assert made.courier is not None
            made.courier.wait_until(policy.exists, "the courier has brought a model", 90)
        made.start_api(ready=ready)
        yield made
    finally:
        made.close()
