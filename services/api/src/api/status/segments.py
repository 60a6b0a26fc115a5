"""The figures of an hour by segment: rows, drift of the answers, live accuracy, and accuracy estimated without labels.

Drift has the formulas of `monitoring/prometheus/rules/estimate.yml`: the hour's answers against those to the hold-out.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import NormalDist
from typing import Any

from api.serving.served_models import ServedModel
from api.status import thresholds
from api.status.courier_file import JudgedSegment
from api.status.drift import noise_floor, psi
from api.status.sample import key
from api.status.window import Increases, wilson
from api.telemetry.segment_metrics import ANY

CHANCE = 0.01
"""The probability that chance alone puts one of all segments below the others."""
_UNKNOWN = {"psi": None, "limit": None, "drifted": False}


def estimated(model: ServedModel, hour: Increases) -> float | None:
    """The share of the hour's rows that is expected to be right; None without a calibration or without rows."""
    names = (model.version, model.variant)
    return _share(hour, key("expected", *names), hour.get(key("rows", *names), 0.0))


def by_segment(model: ServedModel, hour: Increases, judged: Iterable[JudgedSegment] = ()) -> list[dict[str, Any]]:
    """Each segment with rows in this hour or with `judged` answers of a classification.

    The drifted ones come first, then those that are less accurate than the others of their column (`below`), then
    the most drifted. `held_out` is how many hold-out rows the answers are compared with.
    """
    found: list[dict[str, Any]] = []
    reference, labels = model.bundle.reference, list(model.bundle.reference.answers)
    known = {(one.feature, one.segment): one for one in judged if one.version == model.version}
    below = _below_the_others(known)
    looks = sum(any(counts) for names in reference.segments.values() for counts in names.values())
    for feature in model.bundle.manifest.segments:
        names = reference.features[feature].labels if feature in reference.features else []
        answers = {name: _answers(hour, (model.version, feature, name), labels) for name in names}
        total = sum(map(sum, answers.values()))
        for name, counts in answers.items():
            rows, live = sum(counts), known.get((feature, name))
            if not rows and live is None:
                continue
            held = reference.segments.get(feature, {}).get(name, [])
            expected = key("segment_expected", model.version, feature, name)
            found.append(
                {"feature": feature, "segment": name, "rows": round(rows), "share": rows / total if total else 0.0}
                | {"held_out": sum(held), "accuracy": live and accuracy(live.judged, live.correct)}
                | {"below": (feature, name) in below, "estimated_accuracy": _share(hour, expected, rows)}
                | _drift(held, counts[: len(labels)], looks)
            )
    return sorted(
        found,
        key=lambda one: (one["drifted"], one["below"], one["psi"] if one["psi"] is not None else -1.0),
        reverse=True,
    )


def accuracy(judged: int, correct: int) -> dict[str, Any] | None:
    """The share of judged answers that were right, with Wilson's 95 % interval; None where no answer was judged."""
    interval = wilson(correct, judged)
    if interval is None:
        return None
    return {"value": correct / judged, "judged": judged, "low": interval[0], "high": interval[1]}


def _below_the_others(judged: Mapping[tuple[str, str], JudgedSegment]) -> set[tuple[str, str]]:
    """Those whose answers are right less often than the others of their column, by more than chance explains."""
    found = set()
    for (feature, name), one in judged.items():
        others = [other for of, other in judged.items() if of[0] == feature and of[1] != name]
        rest, right = sum(other.judged for other in others), sum(other.correct for other in others)
        if not one.judged or not rest:
            continue
        common = (one.correct + right) / (one.judged + rest)
        error = math.sqrt(common * (1 - common) * (1 / one.judged + 1 / rest))
        if right / rest - one.correct / one.judged > NormalDist().inv_cdf(1 - CHANCE / len(judged)) * error:
            found.add((feature, name))
    return found


def _answers(hour: Increases, of: tuple[str, str, str], labels: Sequence[str]) -> list[float]:
    """Rows by answer; last those of a segment with too many answers to count each."""
    return [hour.get(key("segment", *of, label), 0.0) for label in (*labels, ANY)]


def _drift(held: Sequence[int], counts: Sequence[float], looks: int) -> dict[str, Any]:
    rows = sum(counts)
    if rows < thresholds.DRIFT_ROWS or not any(held):
        return dict(_UNKNOWN)
    index = psi(held, counts)
    limit = max(noise_floor(len(held), looks, rows, sum(held)), thresholds.PSI)
    return {"psi": index, "limit": limit, "drifted": index > limit}


def _share(hour: Increases, expected: str, rows: float) -> float | None:
    return min(1.0, hour[expected] / rows) if expected in hour and rows else None
