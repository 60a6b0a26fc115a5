"""The order of every prediction: infer, write to the journal, count. Before and after it are the protocols."""

import time
from typing import Any, cast

import numpy as np

from api.access.fair_scheduler import FairScheduler
from api.bundle.predictor import Answer
from api.bundle.tree_levels import Numbers
from api.journal.identifiers import new_ids
from api.journal.number_rows import spelled
from api.journal.record import now
from api.journal.writer import Journal
from api.serving.answers import Answered, AnsweredRow, RequestContext, record_members
from api.serving.batched_rows import BatchedRows
from api.serving.cohort import CohortCounter, next_stage
from api.serving.explanations import Explanations
from api.serving.micro_batch import FutureLike, MicroBatch, Question
from api.serving.model_failure import counted_failure
from api.serving.observer import Observer
from api.serving.runs import Runs
from api.serving.served_models import ServedModel
from api.serving.shadow import Shadow
from api.serving.shadow_run import ShadowTask
from api.serving.traffic import Traffic
from api.telemetry.answer_metrics import AnswerMetrics
from api.telemetry.model_metrics import Rows

_SECONDS_ON_THE_LOOP = 0.002
"""Inference expected to take longer than this runs in a thread. Shorter runs stay on the event loop, because handing
them to a thread costs more than it saves."""


class Predictions:
    """Answers rows of numbers, in the manifest's order of features, for every protocol."""

    def __init__(
        self,
        traffic: Traffic,
        journal: Journal,
        metrics: AnswerMetrics,
        shadow: Shadow,
        *,
        scheduler: FairScheduler,
        runs: Runs,
        explanations: Explanations,
        observer: Observer | None = None,
    ) -> None:
        self._traffic = traffic
        self._journal = journal
        self._metrics = metrics
        self._shadow = shadow
        self._scheduler = scheduler
        self._runs = runs
        self._explanations = explanations
        self._observer = observer or Observer()
        self._counter = CohortCounter()
        self._batch = MicroBatch(runs, BatchedRows(journal, shadow, runs, self._observer).answer, counted_failure)

    def begin(self, key: bytes = b"", version: str = "") -> ServedModel:
        """Count a request for predictions and say which model answers it; the request keeps it to its end.

        Raises:
            ModelNotReadyError, VersionNotServedError: like :meth:`Traffic.choose`.
        """
        self._metrics.count_request(1.0)
        return self._traffic.choose(key, version)

    async def answer_one(self, model: ServedModel, row: list[Any], context: RequestContext) -> AnsweredRow:
        """Answer one row, together with all others that are asked in these two turns of the event loop.

        They are one run of the model and one write to the journal. Raises like :meth:`answer`.
        """
        self._observer.begins(context, 1)
        try:
            return await self._batch.ask(model, row, context)
        finally:
            self._observer.ends(model, context)

    def answer_at_once(self, model: ServedModel, row: list[Any], context: RequestContext, place: FutureLike) -> None:
        """Count a request and answer its row like :meth:`answer_one`, into ``place``; without an observer."""
        self._metrics.count_request(1.0)
        self._batch.put(Question(model, row, context, place))

    async def answer(
        self,
        model: ServedModel,
        rows: Rows,
        context: RequestContext,
        *,
        explain: bool = False,
        written: bytes | None = None,
    ) -> Answered:
        """Answer n rows [n, features], all finite in float32; with ``explain`` the answers have their reasons.

        ``written`` are the rows as JSON where they have been written already, a list for each.

        Raises:
            UnexplainedError: reasons are asked for, and the model has none.
            InferenceError, InvalidInputError, JournalUnavailableError, TooLargeError, RunTimeoutError,
                OverloadedError: nothing was answered.
        """
        self._observer.begins(context, len(rows))
        try:
            return await self._answer(model, rows, context, explain=explain, written=written)
        finally:
            self._observer.ends(model, context)

    async def _answer(
        self, model: ServedModel, rows: Rows, context: RequestContext, *, explain: bool, written: bytes | None
    ) -> Answered:
        await next_stage(rows)
        encoder = model.bundle.encoder
        numbers = rows if encoder is None else encoder.encode(cast(list[list[Any]], rows))
        matrix = np.asarray(numbers, dtype=np.float32)
        try:
            if model.bundle.predictor.seconds(len(rows)) > _SECONDS_ON_THE_LOOP:
                answer = await self._runs.many(model, matrix)
                await self._scheduler.take()
            else:
                answer = await self._runs.few(model, matrix)
        except Exception as error:
            raise counted_failure(error, model, rows) from error
        await next_stage(rows)
        reasons = None
        if explain:
            table = np.asarray(numbers, dtype=np.float64)
            reasons = await self._explanations.of(model, table, answer.labels.tolist())
        answered = self._keep(model, rows, numbers, answer, context, reasons, written)
        await next_stage(rows)
        return answered

    def _keep(
        self,
        model: ServedModel,
        rows: Rows,
        numbers: Rows,
        answer: Answer,
        context: RequestContext,
        reasons: Numbers | None,
        written: bytes | None,
    ) -> Answered:
        at, latency_ms = now(), round((time.perf_counter() - context.arrived) * 1000, 4)
        ids = new_ids(len(rows))
        shares = spelled(answer.probabilities)
        record = model.records.many(
            record_members(context),
            at=at,
            request_id=context.request_id,
            latency_ms=latency_ms,
            ids=ids.json,
            rows=written or rows,
            labels=answer.labels,
            scores=shares.nested,
            reasons=reasons,
        )
        writing = time.perf_counter()
        self._journal.append([record])
        self._observer.keeps([context], 0.0, writing, time.perf_counter())
        if not context.trial:
            self._counter.observe(model.metrics, numbers, answer.labels, answer.probabilities)
        model.metrics.observe_latency(time.perf_counter() - context.arrived)
        if self._shadow.watches(model) and not context.trial:
            self._shadow.offer(model, [ShadowTask(context.request_id, context.origin, rows, answer.labels, ids.texts)])
        return Answered(model, rows, answer.labels, answer.probabilities, shares, ids, at, latency_ms, reasons)
