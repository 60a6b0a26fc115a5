"""The accuracy of an hour's answers, estimated without labels: of a version and of each of its segments."""

from typing import Any

from api.serving.model_slot import ServedModel
from api.status.sample import key
from api.status.window import Increases


def estimated(model: ServedModel, hour: Increases) -> float | None:
    """The share of the hour's rows that is expected to be right; None without a calibration or without rows."""
    names = (model.version, model.variant)
    return _share(hour, key("expected", *names), key("rows", *names))


def by_segment(model: ServedModel, hour: Increases) -> list[dict[str, Any]]:
    """Each segment with rows in this hour: their number, their share of all, and their estimated accuracy."""
    found: list[dict[str, Any]] = []
    known = model.bundle.reference.features
    for feature in model.bundle.manifest.segments:
        names = known[feature].labels if feature in known else []
        keys = [(name, (model.version, feature, name)) for name in names]
        rows = {name: hour.get(key("segment", *of), 0.0) for name, of in keys}
        total = sum(rows.values())
        found += [
            {
                "feature": feature,
                "segment": name,
                "rows": round(rows[name]),
                "share": rows[name] / total,
                "estimated_accuracy": _share(hour, key("segment_expected", *of), key("segment", *of)),
            }
            for name, of in keys
            if rows[name]
        ]
    return found


def _share(hour: Increases, expected: str, rows: str) -> float | None:
    if expected not in hour or not hour.get(rows):
        return None
    return min(1.0, hour[expected] / hour[rows])
