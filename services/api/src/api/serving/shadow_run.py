"""One run of the shadow model: the questions it gets, and its answers as records for the journal."""

import time
from collections.abc import Sequence
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt

from api.bundle.predictor import Answer
from api.journal.identifiers import new_ids
from api.journal.record import now
from api.serving.runs import Runs
from api.serving.served_models import ServedModel
from api.telemetry.model_metrics import Rows


class ShadowTask(NamedTuple):
    """One request that production has answered: n rows, their labels [n] and the ids of the predictions, n."""

    request_id: str
    origin: str
    rows: Rows
    labels: npt.NDArray[np.int64]
    ids: Sequence[str]


class Question(NamedTuple):
    """Rows that wait for a shadow; `asked` is when, by the monotonic clock."""

    shadow: ServedModel
    task: ShadowTask
    asked: float


class Run(NamedTuple):
    """The result of one thread's work: a record per question, and all answers in their order."""

    records: list[bytes]
    rows: npt.NDArray[Any]
    answer: Answer


def answer_all(questions: Sequence[Question], runs: Runs) -> Run:
    """Run the model of the questions, which are all for one, on all their rows. Raises RunTimeoutError."""
    shadow = questions[0].shadow
    rows = np.concatenate([_numbers(shadow, question.task.rows) for question in questions])
    started = time.perf_counter()
    answer = runs.shadow(shadow, rows.astype(np.float32, copy=False))
    run_ms = round((time.perf_counter() - started) * 1000, 4)
    records, first, at = [], 0, now()
    for question in questions:
        task = question.task
        part = slice(first, first + len(task.ids))
        first = part.stop
        records.append(
            shadow.records.many(
                task.origin,
                at=at,
                request_id=task.request_id,
                latency_ms=run_ms,
                ids=new_ids(len(task.ids)).json,
                rows=task.rows,
                labels=answer.labels[part],
                scores=answer.probabilities[part],
                shadow_of=task.ids,
            )
        )
    return Run(records, rows, answer)


def _numbers(shadow: ServedModel, rows: Rows) -> npt.NDArray[Any]:
    encoder = shadow.bundle.encoder
    return np.asarray(rows, dtype=np.float32) if encoder is None else encoder.encode(cast(list[list[Any]], rows))
