"""Overview: health, error budget, requests, served versions, drift, alerts and moves."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from monitoring.grafana.boards.board import Strip, make
from monitoring.grafana.boards.overview import events, service

__all__ = ["board"]


def board() -> Dashboard:
    return make(
        "overview",
        "Overview",
        "Health of the platform: error budget, requests, served versions, drift, alerts and moves.",
        [
            Strip("Health", 4, service.health()),
            Strip("Service level", 8, service.service_level()),
            Strip("Model and data", 8, events.model()),
            Strip("Events", 8, events.events()),
        ],
        variables=[("version", "model_info"), ("variant", "model_info")],
    )
