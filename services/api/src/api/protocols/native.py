"""The native answers: an object per row with names for people, and the model they come from."""

from collections.abc import Sequence
from typing import Any

import orjson

from api.model_slot import ServedModel
from api.predictions import Answered


def one_answer(answered: Answered) -> bytes:
    return orjson.dumps(_predictions(answered)[0] | _envelope(answered), option=orjson.OPT_SERIALIZE_NUMPY)


def many_answers(answered: Answered) -> bytes:
    body = {"predictions": _predictions(answered)} | _envelope(answered)
    return orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY)


def _predictions(answered: Answered) -> list[dict[str, Any]]:
    # probabilities stay float32: written with the digits a float32 has, they are the same text as in the journal
    model = answered.model
    classes = model.bundle.manifest.target.classes
    return [
        {
            "prediction_id": id_,
            "label_id": label,
            "label_name": classes[label],
            "probabilities": dict(zip(classes, probabilities, strict=True)),
            "warnings": _warnings(model, row),
        }
        for id_, row, label, probabilities in zip(
            answered.ids, answered.rows, answered.labels.tolist(), answered.probabilities, strict=True
        )
    ]


def _warnings(model: ServedModel, row: Sequence[float]) -> list[dict[str, Any]]:
    """Values outside of the contract's range are answered all the same: the person decides what that is worth."""
    return [
        {"feature": feature.name, "value": value, "minimum": feature.minimum, "maximum": feature.maximum}
        for feature, value in zip(model.bundle.manifest.features, row, strict=True)
        if not feature.minimum <= value <= feature.maximum
    ]


def _envelope(answered: Answered) -> dict[str, Any]:
    model = answered.model
    return {
        "model": {
            "name": model.name,
            "version": model.version,
            "variant": model.variant,
            "bundle": model.bundle.hash,
        },
        "timestamp": answered.at,
        "latency_ms": answered.latency_ms,
    }
