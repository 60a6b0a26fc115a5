"""Api: requests, errors, latency, worker processes and the journal."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from monitoring.grafana.boards.api import requests, workers
from monitoring.grafana.boards.board import Strip, make

__all__ = ["board"]


def board() -> Dashboard:
    return make(
        "api",
        "Api",
        "Requests, errors, latency, worker processes and the journal of the api.",
        [
            Strip("Now", 4, requests.now()),
            Strip("Traffic", 8, requests.traffic()),
            Strip("Latency", 9, requests.latency()),
            Strip("Worker processes", 8, workers.processes()),
            Strip("Journal", 8, workers.journal()),
        ],
        variables=[("version", "model_info"), ("variant", "model_info")],
    )
