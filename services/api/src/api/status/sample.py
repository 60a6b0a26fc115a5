"""One sample of the history: the counters that the status page needs, added up over all workers."""

from collections import defaultdict
from collections.abc import Iterable
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
    """The parts that `key` has joined."""
    return name.split(_SEPARATOR)


def _name(series: str, labels: dict[str, Any]) -> str | None:
    match series:
        case "http_requests_total" if labels["method"] == "POST":
            return key("requests", f"{labels['status'][:1]}xx")
        case "requests_shed_total":
            return key("shed", labels["reason"])
        case "predict_latency_seconds_bucket" if labels["variant"] != "shadow":
            return key("latency", labels["le"])
        case "predictions_total" if labels["variant"] != "shadow":
            return key("rows", labels["version"], labels["variant"])
        case "feature_observations_total":
            return key("bin", labels["version"], labels["feature"], labels["bin"])
    return None
