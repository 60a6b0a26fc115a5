"""MLflow's own scoring server. It answers labels only."""

from collections.abc import Mapping
from typing import Any

from bench.ask import FEATURES, BenchRequest, Rows, Workload, asks, large, single
from bench.peers.peer import Peer, Place


class MlflowServe(Peer):
    name = "mlflow"
    title = "mlflow models serve"
    venv = "mlflow"
    packages = ("mlflow", "scikit-learn")
    ready = "/ping"

    def command(self, place: Place) -> list[str]:
        return [
            *(str(place.bin / "mlflow"), "models", "serve", "--model-uri", str(place.model / "mlflow")),
            *("--env-manager", "local", "--host", "127.0.0.1", "--port", str(place.port), "--workers", "1"),
        ]

    def environment(self, place: Place) -> dict[str, str]:
        # It starts uvicorn by name.
        path = f"{place.bin}:/usr/local/bin:/usr/bin:/bin"
        return {"PATH": path, "UVICORN_ACCESS_LOG": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}

    def asks(self) -> Mapping[Workload, BenchRequest]:
        return {
            "one": asks("/invocations", single(), split),
            "thousand": asks("/invocations", large(), split),
        }

    def labels(self, workload: Workload, answer: Any) -> list[int] | None:
        return list(answer["predictions"])


def split(rows: Rows) -> dict[str, Any]:
    return {"dataframe_split": {"columns": FEATURES, "data": rows}}
