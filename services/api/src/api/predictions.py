"""The order of every prediction: infer, write to the journal, count. Before and after it are the protocols."""

import asyncio
import time
from concurrent.futures import Executor
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import orjson

from api.identifiers import new_ids
from api.journal import Journal, now
from api.metrics import Metrics, Rows
from api.model_slot import ModelSlots, ServedModel
from api.predictor import Answer

_ROWS_ON_THE_LOOP = 64


class Answered(NamedTuple):
    """n answers that are in the journal: ``labels`` int64 [n], ``probabilities`` float32 [n, classes], ``ids`` n."""

    model: ServedModel
    rows: Rows
    labels: npt.NDArray[np.int64]
    probabilities: npt.NDArray[np.float32]
    ids: list[str]
    at: str
    latency_ms: float


class Predictions:
    """Answers rows of numbers, in the manifest's order of features, for every protocol."""

    def __init__(self, slots: ModelSlots, journal: Journal, metrics: Metrics, *, executor: Executor) -> None:
        self._slots = slots
        self._journal = journal
        self._metrics = metrics
        self._executor = executor

    def begin(self) -> ServedModel:
        """Count a request for predictions and say which model answers it; the request keeps it to its end.

        Raises:
            ModelNotReadyError: there is none.
        """
        self._metrics.count_predict_request(1.0)
        return self._slots.production()

    def answer_one(self, model: ServedModel, row: list[float], request_id: str, arrived: float) -> Answered:
        """Answer one row; like :meth:`answer`, without giving way to other requests."""
        rows = [row]
        answer = model.bundle.predictor.predict(np.array(rows, dtype=np.float32))
        return self._keep(model, rows, answer, request_id, arrived)

    async def answer(self, model: ServedModel, rows: Rows, request_id: str, arrived: float) -> Answered:
        """Answer n rows [n, features], all finite in float32. ``arrived`` is the perf_counter of the body's last byte.

        Raises:
            InferenceError, JournalUnavailableError, TooLargeError: nothing was answered.
        """
        matrix = np.asarray(rows, dtype=np.float32)
        if len(rows) > _ROWS_ON_THE_LOOP:
            loop = asyncio.get_running_loop()
            answer = await loop.run_in_executor(self._executor, model.bundle.predictor.predict, matrix)
        else:
            answer = model.bundle.predictor.predict(matrix)
        return self._keep(model, rows, answer, request_id, arrived)

    def _keep(self, model: ServedModel, rows: Rows, answer: Answer, request_id: str, arrived: float) -> Answered:
        at, latency_ms = now(), round((time.perf_counter() - arrived) * 1000, 4)
        ids = new_ids(len(rows))
        record: dict[str, Any] = {
            "kind": "prediction",
            "at": at,
            "request_id": request_id,
            "model": model.name,
            "version": model.version,
            "variant": model.variant,
            "bundle": model.bundle.hash,
            "latency_ms": latency_ms,
            "features": [feature.name for feature in model.bundle.manifest.features],
            "classes": model.bundle.manifest.target.classes,
            "ids": ids,
            "rows": rows,
            "labels": answer.labels,
            "probabilities": answer.probabilities,
        }
        self._journal.append([orjson.dumps(record, option=orjson.OPT_SERIALIZE_NUMPY)])
        model.metrics.observe(rows, answer.labels)
        self._metrics.observe_predict_latency(time.perf_counter() - arrived)
        return Answered(model, rows, answer.labels, answer.probabilities, ids, at, latency_ms)
