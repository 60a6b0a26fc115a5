"""Puts the status page's numbers together: from the counters' history, the models in memory and the courier's file."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from api.serving.served_models import ServedModel
from api.status.advice import Facts, next_verb
from api.status.alerts import Alert, judge
from api.status.courier_file import CourierStatus
from api.status.drift import FeatureDrift, drift_of
from api.status.history import Sample
from api.status.past_alerts import PastAlert
from api.status.sample import parts
from api.status.segments import by_segment
from api.status.versions import holdout, judged_answers, judged_segments, versions
from api.status.window import Increases, by, increases, quantile

HOUR, DAY = 3600.0, 86400.0
MOST_PAST = 10


def make_report(
    *,
    now: float,
    samples: Sequence[Sample],
    held: Sequence[ServedModel],
    traffic: Mapping[str, float],
    unserved: Sequence[Mapping[str, Any]],
    courier: CourierStatus | None,
    past: Sequence[PastAlert],
    journal_writable: bool,
    links: Mapping[str, str],
) -> dict[str, Any]:
    """The body of /status.json. Times in seconds, latencies in milliseconds, shares in [0, 1]; null is not known.

    `samples` end with one of this moment; `traffic` has the share of each variant.
    """
    production = next((model for model in held if model.variant == "production"), None)
    hour, day = increases(samples, now - HOUR), increases(samples, now - DAY)
    drift = _drift(production, day)
    judged, _ = judged_answers(courier, production)
    version = None if production is None else production.version
    alerts = _alerts(now, production, drift, courier)
    firing = [alert.name for alert in alerts if alert.firing]
    refused = next((_refusal(one) for one in unserved if one["why"]), None)
    canary = next((model.version for model in held if model.variant == "canary"), None)
    advice = next_verb(
        Facts(
            version=version,
            answers=round(sum(by(day, "rows").values())),
            judged=judged,
            drifted=tuple(one.feature for one in drift if one.drifted),
            accuracy_fell="LiveAccuracyDropped" in firing,
            journal_old="JournalOld" in firing,
            canary=canary,
            refused=refused,
        )
    )
    return {
        "at": now,
        "ok": not firing and journal_writable and refused is None,
        "state": _state(firing, writable=journal_writable, refused=refused),
        "journal_writable": journal_writable,
        "next": asdict(advice),
        "alerts": [asdict(alert) for alert in alerts],
        "past_alerts": _past(past, courier),
        "versions": versions(held, traffic, courier, hour),
        "unserved": list(unserved),
        "hour": _hour(hour, samples, now),
        "segments": [] if production is None else by_segment(production, hour, judged_segments(courier, production)),
        "drift": [asdict(one) | {"drifted": one.drifted} for one in drift],
        "courier": None if courier is None else courier.model_dump(mode="json") | {"age_seconds": _age(courier, now)},
        "links": dict(links),
    }


def _state(firing: Sequence[str], *, writable: bool, refused: str | None) -> str:
    """The heading: what is worst comes first."""
    if not writable:
        return "The journal can't be written"
    if firing:
        return f"Alert: {', '.join(firing)}"
    return "All is well" if refused is None else "A version does not serve"


def judge_now(
    now: float, samples: Sequence[Sample], held: Sequence[ServedModel], courier: CourierStatus | None
) -> list[Alert]:
    """The alerts of the report alone."""
    production = next((model for model in held if model.variant == "production"), None)
    return _alerts(now, production, _drift(production, increases(samples, now - DAY)), courier)


def _alerts(
    now: float, production: ServedModel | None, drift: list[FeatureDrift], courier: CourierStatus | None
) -> list[Alert]:
    judged, correct = judged_answers(courier, production)
    return judge(
        model=None if production is None else production.version,
        oldest=None if courier is None else _oldest(courier, now),
        drift=drift,
        holdout=holdout(production),
        judged=judged,
        correct=correct,
    )


def _past(own: Sequence[PastAlert], courier: CourierStatus | None) -> list[dict[str, Any]]:
    """Those of this api and those that Alertmanager reported to the courier, the newest first."""
    found = [one.model_dump() | {"source": "this api"} for one in own]
    if courier is not None:
        # the watchdog fires as long as alerts are evaluated: no trouble to look at
        sent = [one for one in courier.alerts if one.name != "Watchdog"]
        found += [one.model_dump() | {"source": "Alertmanager"} for one in sent]
    return sorted(found, key=lambda one: str(one["began"]), reverse=True)[:MOST_PAST]


def _hour(grown: Increases, samples: Sequence[Sample], now: float) -> dict[str, Any]:
    statuses, buckets = by(grown, "requests"), by(grown, "latency")
    first = samples[0]["at"] if samples else now
    return {
        "seconds": round(min(HOUR, now - first)),
        "requests": round(sum(statuses.values())),
        "errors": round(statuses.get("5xx", 0)),
        "refused": round(statuses.get("4xx", 0)),
        "shed": round(sum(by(grown, "shed").values())),
        "p50_ms": _milliseconds(quantile(buckets, 0.5)),
        "p99_ms": _milliseconds(quantile(buckets, 0.99)),
    }


def _drift(model: ServedModel | None, day: Increases) -> list[FeatureDrift]:
    if model is None:
        return []
    observed: dict[str, dict[str, float]] = defaultdict(dict)
    for name, value in day.items():
        words = parts(name)
        if words[0] == "bin" and words[1] == model.version:
            observed[words[2]][words[3]] = value
    return drift_of(model.bundle.reference, observed)


def _refusal(one: Mapping[str, Any]) -> str:
    return f"{one['alias']} names version {one['version']}, which does not serve: {one['why']}"


def _age(courier: CourierStatus, now: float) -> float:
    return round(max(0.0, now - courier.at.timestamp()), 1)


def _oldest(courier: CourierStatus, now: float) -> float:
    """A courier that has stopped does not notice that records wait: its own silence counts as well."""
    silent = _age(courier, now)
    return max(courier.oldest_pending_seconds, silent if silent > HOUR / 60 else 0.0)


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None or math.isnan(seconds) else round(1000 * seconds, 3)
