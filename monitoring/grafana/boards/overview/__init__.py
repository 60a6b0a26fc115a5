"""Overview: health, error budget, requests, served versions, drift, alerts and moves."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from monitoring.grafana.boards.board import BoardRow, make
from monitoring.grafana.boards.overview import events, service

__all__ = ["board"]


def board() -> Dashboard:
    return make(
        "overview",
        "Overview",
        "Health of the platform: error budget, requests, served versions, drift, alerts and moves.",
        [
            BoardRow("Health", 4, service.health()),
            BoardRow("Service level", 8, service.service_level()),
            BoardRow("Model and data", 8, events.model()),
            BoardRow("Events", 8, events.events()),
        ],
        variables=[("version", "model_info"), ("variant", "model_info")],
    )
