"""Platform: targets, courier, MLflow, retrainer, PostgreSQL, disk space and Prometheus."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from monitoring.grafana.boards.board import BoardRow, make
from monitoring.grafana.boards.platform import parts, storage

__all__ = ["board"]


def board() -> Dashboard:
    return make(
        "platform",
        "Platform",
        "Targets, courier, MLflow, retrainer, PostgreSQL, disk space and Prometheus.",
        [
            BoardRow("Health of the parts", 5, parts.targets()),
            BoardRow("Courier", 8, parts.courier()),
            BoardRow("MLflow and retrainer", 8, parts.mlflow()),
            BoardRow("PostgreSQL", 8, storage.postgres()),
            BoardRow("Disk space and Prometheus", 8, storage.space()),
        ],
    )
