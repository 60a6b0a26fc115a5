"""The order of every prediction: infer, write to the journal, count. Before and after it are the protocols."""

import asyncio
import time
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, Protocol, cast

import numpy as np
import numpy.typing as npt
import orjson

from api.access.turns import Turns
from api.bundle.predictor import Answer, Matrix
from api.bundle.record_texts import natural_rows, number_rows
from api.errors import ApiError, InferenceError, RunTimeoutError
from api.journal.identifiers import new_id, new_ids
from api.journal.writer import Journal, now
from api.serving.blame import blame
from api.serving.model_slot import ServedModel
from api.serving.runs import OverrunError, Runs
from api.serving.shadow import Echo, Shadow
from api.serving.traffic import Traffic
from api.telemetry.metrics import Metrics
from api.telemetry.model_metrics import Rows

_SECONDS_ON_THE_LOOP = 0.002
"""Inference expected to take longer than this runs in a thread. Shorter runs stay on the event loop, because handing
them to a thread costs more than it saves."""


class Asker(Protocol):
    """A request for predictions: its id, when its body had come, and what else its record says about it."""

    request_id: str
    arrived: float
    """``perf_counter`` of the body's last byte."""
    origin: str
    """More members of the record as JSON, each after its comma, or nothing."""


class Answered(NamedTuple):
    """n answers that are in the journal: ``labels`` int64 [n], ``probabilities`` float32 [n, classes], ``ids`` n."""

    model: ServedModel
    rows: Rows
    labels: npt.NDArray[np.int64]
    probabilities: npt.NDArray[Any]
    ids: list[str]
    at: str
    latency_ms: float


class AnsweredRow(NamedTuple):
    """One answer that is in the journal; ``probabilities`` is JSON, one number per class, joined by commas."""

    model: ServedModel
    row: list[Any]
    label: int
    probabilities: str
    id: str
    at: str
    latency_ms: str


@dataclass(slots=True)
class _Question:
    model: ServedModel
    row: list[Any]
    asker: Asker
    answer: "asyncio.Future[AnsweredRow]"


class Predictions:
    """Answers rows of numbers, in the manifest's order of features, for every protocol."""

    def __init__(
        self,
        traffic: Traffic,
        journal: Journal,
        metrics: Metrics,
        shadow: Shadow,
        *,
        turns: Turns,
        runs: Runs,
    ) -> None:
        self._traffic = traffic
        self._journal = journal
        self._metrics = metrics
        self._shadow = shadow
        self._turns = turns
        self._runs = runs
        self._questions: list[_Question] = []
        self._apart: set[asyncio.Task[None]] = set()

    def begin(self, key: bytes = b"", version: str = "") -> ServedModel:
        """Count a request for predictions and say which model answers it; the request keeps it to its end.

        Raises:
            ModelNotReadyError, VersionNotServedError: like :meth:`Traffic.choose`.
        """
        self._metrics.count_predict_request(1.0)
        return self._traffic.choose(key, version)

    async def answer_one(self, model: ServedModel, row: list[Any], asker: Asker) -> AnsweredRow:
        """Answer one row, together with all others that are asked in these two turns of the event loop.

        They are one run of the model and one write to the journal. Raises like :meth:`answer`.
        """
        loop = asyncio.get_running_loop()
        if not self._questions:
            # One turn later, so that what others sent in the meantime is read first: twice as many share a run.
            loop.call_soon(loop.call_soon, self._end_turn)
        question = _Question(model, row, asker, loop.create_future())
        self._questions.append(question)
        return await question.answer

    async def answer(self, model: ServedModel, rows: Rows, asker: Asker) -> Answered:
        """Answer n rows [n, features], all finite in float32.

        Raises:
            InferenceError, InvalidInputError, JournalUnavailableError, TooLargeError, RunTimeoutError,
                OverloadedError: nothing was answered.
        """
        encoder = model.bundle.encoder
        numbers = rows if encoder is None else encoder.encode(cast(list[list[Any]], rows))
        matrix = np.asarray(numbers, dtype=np.float32)
        try:
            if model.bundle.predictor.seconds(len(rows)) > _SECONDS_ON_THE_LOOP:
                answer = await self._runs.many(model, matrix)
                await self._turns.take()
            else:
                answer = await self._runs.few(model, matrix)
        except Exception as error:
            raise self._failure(error, model, rows) from error
        return self._keep(model, rows, numbers, answer, asker)

    def _keep(self, model: ServedModel, rows: Rows, numbers: Rows, answer: Answer, asker: Asker) -> Answered:
        at, latency_ms = now(), round((time.perf_counter() - asker.arrived) * 1000, 4)
        ids = new_ids(len(rows))
        parts = {
            "at": at,
            "request_id": asker.request_id,
            "latency_ms": latency_ms,
            "ids": ids,
            "rows": rows,
            "labels": answer.labels,
            model.texts.scores: answer.probabilities,
        }
        varying = orjson.dumps(parts, option=orjson.OPT_SERIALIZE_NUMPY)
        self._journal.append([b"%b%b,%b" % (model.texts.record.encode(), asker.origin.encode(), varying[1:])])
        model.metrics.observe(numbers, answer.labels, answer.probabilities)
        model.metrics.observe_latency(time.perf_counter() - asker.arrived)
        if self._shadow.watches(model):
            self._shadow.offer(model, [Echo(asker.request_id, asker.origin, rows, answer.labels, ids)])
        return Answered(model, rows, answer.labels, answer.probabilities, ids, at, latency_ms)

    def _end_turn(self) -> None:
        questions, self._questions = self._questions, []
        while questions:
            model = questions[0].model
            # A client that went away in the meantime gets no answer, so it gets no record either.
            present = [q for q in questions if q.model is model and not q.answer.done()]
            if self._runs.is_careful(model):
                self._answer_apart(model, present)
            else:
                self._answer_together(model, present)
            questions = [q for q in questions if q.model is not model]

    def _answer_together(self, model: ServedModel, questions: list[_Question]) -> None:
        if not questions:
            return
        try:
            answers = self._keep_rows(model, questions)
        except OverrunError:
            self._answer_apart(model, questions)
            return
        except Exception as error:
            # Retry each row alone, so that one bad row does not fail the others.
            if len(questions) > 1:
                for question in questions:
                    self._answer_together(model, [question])
            else:
                questions[0].answer.set_exception(self._failure(error, model, [questions[0].row]))
            return
        for question, answer in zip(questions, answers, strict=True):
            question.answer.set_result(answer)

    def _answer_apart(self, model: ServedModel, questions: list[_Question]) -> None:
        """Answer each row alone and beside the loop, because one of them may never end."""
        for question in questions:
            task = asyncio.get_running_loop().create_task(self._answer_beside(model, question))
            self._apart.add(task)
            task.add_done_callback(self._apart.discard)
            question.answer.add_done_callback(partial(_give_up, task))

    async def _answer_beside(self, model: ServedModel, question: _Question) -> None:
        try:
            answer = await self._runs.beside(model, _numbers(model, [question.row])[1])
            if question.answer.done():
                return
            (answered,) = self._keep_rows(model, [question], answer)
        except Exception as error:
            if not question.answer.done():
                question.answer.set_exception(self._failure(error, model, [question.row]))
        else:
            question.answer.set_result(answered)

    def _failure(self, error: Exception, model: ServedModel, rows: Rows) -> Exception:
        """What to tell the client; counted where it is the model's fault."""
        told = blame(error, model, rows)
        if isinstance(told, InferenceError | RunTimeoutError) or not isinstance(told, ApiError):
            model.metrics.count_failure(1.0)
        return told

    def _keep_rows(
        self, model: ServedModel, questions: list[_Question], answer: Answer | None = None
    ) -> list[AnsweredRow]:
        """Write the answers to the journal and count them; without ``answer`` the model runs first, in this turn."""
        rows = [question.row for question in questions]
        numbers, matrix = _numbers(model, rows)
        texts = number_rows(rows) if model.bundle.encoder is None else natural_rows(rows)
        if answer is None:
            answer = self._runs.now(model, matrix)
        labels = answer.labels.tolist()
        at, finished, head = now(), time.perf_counter(), model.texts.record
        scores = model.texts.scores
        answers = [
            AnsweredRow(model, q.row, label, shares, new_id(), at, f"{(finished - q.asker.arrived) * 1000:.4f}")
            for q, label, shares in zip(questions, labels, number_rows(answer.probabilities), strict=True)
        ]
        self._journal.append(
            [
                (
                    f'{head}{q.asker.origin},"at":"{at}","request_id":"{q.asker.request_id}",'
                    f'"latency_ms":{a.latency_ms},"ids":["{a.id}"],"rows":[[{row}]],'
                    f'"labels":[{a.label}],"{scores}":[[{a.probabilities}]]}}'
                ).encode()
                for q, a, row in zip(questions, answers, texts, strict=True)
            ]
        )
        model.metrics.observe(numbers, answer.labels, answer.probabilities)
        kept = time.perf_counter()
        for question in questions:
            model.metrics.observe_latency(kept - question.asker.arrived)
        if self._shadow.watches(model):
            echoes = [
                Echo(q.asker.request_id, q.asker.origin, [q.row], answer.labels[place : place + 1], [a.id])
                for place, (q, a) in enumerate(zip(questions, answers, strict=True))
            ]
            self._shadow.offer(model, echoes)
        return answers


def _give_up(task: "asyncio.Task[None]", _: "asyncio.Future[AnsweredRow]") -> None:
    """A client that went away leaves the queue; a task that has answered is over, and nothing happens."""
    task.cancel()


def _numbers(model: ServedModel, rows: list[list[Any]]) -> tuple[Rows, Matrix]:
    """The rows as numbers, and as what the model takes."""
    encoder = model.bundle.encoder
    numbers: Rows = rows if encoder is None else encoder.encode(rows)
    return numbers, np.array(numbers, dtype=np.float32)
