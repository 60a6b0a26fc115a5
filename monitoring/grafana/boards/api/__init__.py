"""Api: requests, errors, latency, worker processes and the journal."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from monitoring.grafana.boards.api import requests, workers
from monitoring.grafana.boards.board import BoardRow, make

__all__ = ["board"]


def board() -> Dashboard:
    return make(
        "api",
        "Api",
        "Requests, errors, latency, worker processes and the journal of the api.",
        [
            BoardRow("Now", 4, requests.now()),
            BoardRow("Traffic", 8, requests.traffic()),
            BoardRow("Latency", 9, requests.latency()),
            BoardRow("Worker processes", 8, workers.processes()),
            BoardRow("Journal", 8, workers.journal()),
        ],
        variables=[("version", "model_info"), ("variant", "model_info")],
    )
