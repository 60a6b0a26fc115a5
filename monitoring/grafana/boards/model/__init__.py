"""Model: predictions, confidence, drift, canary and shadow, accuracy by feedback."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from monitoring.grafana.boards.board import BoardRow, make
from monitoring.grafana.boards.model import drift, predictions, segments, variants

__all__ = ["board"]


def board() -> Dashboard:
    return make(
        "model",
        "Model",
        "Predictions, confidence, drift, canary and shadow, and accuracy by feedback.",
        [
            BoardRow("Now", 4, predictions.now()),
            BoardRow("Answers", 9, predictions.answers()),
            BoardRow("Drift", 9, drift.drift()),
            BoardRow("Each feature, last hour and training", 8, drift.features()),
            BoardRow("Production, canary, shadow", 8, variants.variants()),
            BoardRow("Accuracy and feedback", 9, variants.accuracy()),
            BoardRow("Segments", 8, segments.segments()),
        ],
        variables=[("version", "model_info"), ("variant", "model_info"), ("feature", "feature_reference_ratio")],
    )
