"""The example row of the served model, and the answers to it."""

from typing import Any

from api.bundle.features import Feature, Number
from api.bundle.reader import Bundle

EXAMPLE_ID = "01936d5a-7b9c-7000-8000-000000000000"


def example_row(bundle: Bundle | None) -> dict[str, Any]:
    """A row that the model takes: the first golden one."""
    if bundle is None:
        return {"feature": 1.0}
    features = bundle.manifest.features
    return {
        feature.name: int(value) if _is_whole(feature) and isinstance(value, float) else value
        for feature, value in zip(features, bundle.golden.rows[0].values, strict=True)
    }


def example_answers(bundle: Bundle | None, model: str, version: str) -> dict[str, Any]:
    """The answers to the example row, by operation id."""
    if bundle is None:
        return {}
    golden = bundle.golden.rows[0]
    outcome: dict[str, Any] = {"value": golden.value}
    if golden.label is not None:
        classes = bundle.manifest.target.classes
        shares = dict(zip(classes, golden.probabilities, strict=True))
        outcome = {"label_id": classes.index(golden.label), "label_name": golden.label, "probabilities": shares}
    row = {"prediction_id": EXAMPLE_ID, **outcome, "warnings": []}
    envelope = {
        "model": {"name": model, "version": version, "variant": "production", "bundle": bundle.hash},
        "timestamp": "2026-11-29T00:00:00.000Z",
        "latency_ms": 0.4,
    }
    return {"predict": row | envelope, "predict_batch": {"predictions": [row]} | envelope}


def _is_whole(feature: Feature) -> bool:
    return isinstance(feature, Number) and feature.dtype == "int64"
