"""The versions in memory on the status page: traffic, rows, live accuracy beside the hold-out's."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from api.bundle.manifest import Quality
from api.serving.served_models import ServedModel
from api.status.alerts import Holdout
from api.status.courier_file import CourierStatus, JudgedSegment
from api.status.sample import parts
from api.status.segments import accuracy, estimated
from api.status.window import Increases


def versions(
    held: Sequence[ServedModel], traffic: Mapping[str, float], courier: CourierStatus | None, hour: Increases
) -> list[dict[str, Any]]:
    """One entry for each version in memory."""
    answered: dict[tuple[str, str], float] = defaultdict(float)
    for name, value in hour.items():
        words = parts(name)
        if words[0] == "rows":
            answered[words[1], words[2]] += value
    return [
        {
            "version": model.version,
            "variant": model.variant,
            "since": model.since.isoformat(),
            "traffic": traffic[model.variant],
            "rows": round(answered[model.version, model.variant]),
            "accuracy": _accuracy(courier, model),
            "holdout": None if (known := holdout(model)) is None else asdict(known),
            "estimated_accuracy": estimated(model, hour),
        }
        for model in held
    ]


def _accuracy(courier: CourierStatus | None, model: ServedModel) -> dict[str, Any] | None:
    judged, correct = judged_answers(courier, model)
    return None if holdout(model) is None else accuracy(judged, correct)


def judged_answers(courier: CourierStatus | None, model: ServedModel | None) -> tuple[int, int]:
    """How many answers of the version have got a label, and how many of these were right."""
    if courier is None or model is None:
        return 0, 0
    found = [one for one in courier.quality if one.version == model.version]
    return sum(one.judged for one in found), sum(one.correct for one in found)


def judged_segments(courier: CourierStatus | None, model: ServedModel) -> list[JudgedSegment]:
    """None of a regression, whose answers are not right or wrong."""
    return [] if courier is None or holdout(model) is None else courier.segments


def holdout(model: ServedModel | None) -> Holdout | None:
    """The hold-out's figures of a classification."""
    if model is None or not isinstance(model.bundle.manifest.quality, Quality):
        return None
    quality = model.bundle.manifest.quality
    return Holdout(quality.accuracy, quality.rows)
