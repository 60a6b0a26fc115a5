"""One sample of the history: the counters that the status page needs, added up over all workers."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from prometheus_client import Metric

from api.status.history import Sample

_SEPARATOR = "\x1f"


def make_sample(families: Iterable[Metric], at: float) -> Sample:
    """`counts` has flat names, so that two samples are compared name by name."""
    counts: dict[str, float] = defaultdict(float)
    for family in families:
        for one in family.samples:
            name = _name(one.name, one.labels)
            if name is not None:
                counts[name] += one.value
    # A counter that is 0 says as much as one that is not there.
    return {"at": round(at, 3), "counts": {name: value for name, value in counts.items() if value}}


def key(*parts: str) -> str:
    """The name of a counter in a sample."""
    return _SEPARATOR.join(parts)


def parts(name: str) -> list[str]:
    """The name of a counter, taken apart: what `key` was given."""
    return name.split(_SEPARATOR)


_NAMES: Mapping[str, tuple[str, ...]] = {
    "requests_shed_total": ("shed", "reason"),
    "predict_latency_seconds_bucket": ("latency", "le"),
    "predictions_total": ("rows", "version", "variant"),
    "predictions_expected_correct_total": ("expected", "version", "variant"),
    "segment_predictions_total": ("segment", "version", "feature", "segment", "label"),
    "segment_expected_correct_total": ("segment_expected", "version", "feature", "segment"),
    "feature_observations_total": ("bin", "version", "feature", "bin"),
}
"""The kind of each series, and the labels that make its name."""


def _name(series: str, labels: Mapping[str, Any]) -> str | None:
    """None for a series that is not kept; a shadow's answers go to no client."""
    if labels.get("variant") == "shadow":
        return None
    if series == "http_requests_total":
        return key("requests", f"{labels['status'][:1]}xx") if labels["method"] == "POST" else None
    kind = _NAMES.get(series)
    return None if kind is None else key(kind[0], *(labels[one] for one in kind[1:]))
