"""The order of every prediction: validate, infer, write to the journal, answer. Knows no HTTP."""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Any

import numpy as np
import orjson
import uuid_utils

from api.journal import Journal, now
from api.metrics import Metrics
from api.model_slot import ModelSlots, ServedModel
from api.predictor import Answer

_ROWS_ON_THE_LOOP = 64


class Predictions:
    """Answers raw request bodies with raw answers."""

    def __init__(self, slots: ModelSlots, journal: Journal, metrics: Metrics, *, executor: Executor) -> None:
        self._slots = slots
        self._journal = journal
        self._metrics = metrics
        self._executor = executor

    def one(self, raw: bytes, request_id: str, arrived: float) -> bytes:
        """Answer one flat object of features. ``arrived`` is the perf_counter of the body's last byte.

        Raises:
            ModelNotReadyError, InvalidInputError, InferenceError, JournalUnavailableError: nothing was answered.
        """
        self._metrics.predict_requests.inc()
        model = self._slots.production()
        rows = [model.rows.one(raw)]
        answer = model.bundle.predictor.predict(np.array(rows, dtype=np.float32))
        record = self._record(model, rows, answer, request_id, arrived)
        predictions = _predictions(model, rows, answer, record["ids"])
        self._observe(model, rows, answer, predictions, arrived)
        return orjson.dumps(predictions[0] | _envelope(model, record))

    async def many(self, raw: bytes, request_id: str, arrived: float) -> bytes:
        """Answer ``{"rows": [...]}`` in the order of its rows; raises like :meth:`one`, and TooLargeError."""
        self._metrics.predict_requests.inc()
        model = self._slots.production()
        rows = model.rows.many(raw)
        matrix = np.array(rows, dtype=np.float32)
        predict: Callable[[Any], Answer] = model.bundle.predictor.predict
        if len(rows) > _ROWS_ON_THE_LOOP:
            answer = await asyncio.get_running_loop().run_in_executor(self._executor, predict, matrix)
        else:
            answer = predict(matrix)
        record = self._record(model, rows, answer, request_id, arrived)
        predictions = _predictions(model, rows, answer, record["ids"])
        self._observe(model, rows, answer, predictions, arrived)
        return orjson.dumps({"predictions": predictions} | _envelope(model, record))

    def _record(
        self, model: ServedModel, rows: list[list[float]], answer: Answer, request_id: str, arrived: float
    ) -> dict[str, Any]:
        record: dict[str, Any] = {
            "kind": "prediction",
            "at": now(),
            "request_id": request_id,
            "model": model.name,
            "version": model.version,
            "variant": model.variant,
            "bundle": model.bundle.hash,
            "latency_ms": round((time.perf_counter() - arrived) * 1000, 4),
            "features": [feature.name for feature in model.bundle.manifest.features],
            "classes": model.bundle.manifest.target.classes,
            "ids": [str(uuid_utils.uuid7()) for _ in rows],
            "rows": rows,
            "labels": answer.labels,
            "probabilities": answer.probabilities,
        }
        self._journal.append([orjson.dumps(record)])
        return record

    def _observe(
        self,
        model: ServedModel,
        rows: list[list[float]],
        answer: Answer,
        predictions: Sequence[dict[str, Any]],
        arrived: float,
    ) -> None:
        model.metrics.observe(rows, answer.labels)
        for prediction in predictions:
            for warning in prediction["warnings"]:
                model.metrics.observe_out_of_range(warning["feature"])
        self._metrics.predict_latency.observe(time.perf_counter() - arrived)


def _predictions(
    model: ServedModel, rows: list[list[float]], answer: Answer, ids: Sequence[str]
) -> list[dict[str, Any]]:
    classes = model.bundle.manifest.target.classes
    return [
        {
            "prediction_id": id_,
            "label_id": label,
            "label_name": classes[label],
            "probabilities": dict(zip(classes, probabilities, strict=True)),
            "warnings": _warnings(model, row),
        }
        for id_, row, label, probabilities in zip(ids, rows, answer.labels, answer.probabilities, strict=True)
    ]


def _warnings(model: ServedModel, row: Sequence[float]) -> list[dict[str, Any]]:
    """Values outside of the contract's range are answered all the same: the person decides what that is worth."""
    return [
        {"feature": feature.name, "value": value, "minimum": feature.minimum, "maximum": feature.maximum}
        for feature, value in zip(model.bundle.manifest.features, row, strict=True)
        if not feature.minimum <= value <= feature.maximum
    ]


def _envelope(model: ServedModel, record: dict[str, Any]) -> dict[str, Any]:
    return {
        "model": {
            "name": model.name,
            "version": model.version,
            "variant": model.variant,
            "bundle": model.bundle.hash,
        },
        "timestamp": record["at"],
        "latency_ms": record["latency_ms"],
    }
