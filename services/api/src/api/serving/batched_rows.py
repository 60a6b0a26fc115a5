"""Answers the single rows of a micro-batch: one run of the model, one write to the journal, one count."""

import time

from api.bundle.predictor import Answer
from api.bundle.record_texts import natural_rows, number_rows
from api.journal.identifiers import new_id
from api.journal.record import now
from api.journal.writer import Journal
from api.serving.answers import AnsweredRow, record_members
from api.serving.micro_batch import Question
from api.serving.observer import Observer
from api.serving.runs import Runs
from api.serving.served_models import ServedModel
from api.serving.shadow import Shadow
from api.serving.shadow_run import ShadowTask
from api.telemetry.model_metrics import Rows


class BatchedRows:
    """The answers to rows that :class:`MicroBatch` has put together."""

    def __init__(self, journal: Journal, shadow: Shadow, runs: Runs, observer: Observer) -> None:
        self._journal = journal
        self._shadow = shadow
        self._runs = runs
        self._observer = observer

    def answer(self, model: ServedModel, questions: list[Question], answer: Answer | None = None) -> list[AnsweredRow]:
        """Write the answers to the journal and count them; without ``answer`` the model runs first, in this turn."""
        started = time.perf_counter()
        rows = [question.row for question in questions]
        numbers, matrix = model.numbers(rows)
        texts = number_rows(rows) if model.bundle.encoder is None else natural_rows(rows)
        if answer is None:
            answer = self._runs.now(model, matrix)
        labels = answer.labels.tolist()
        at, finished = now(), time.perf_counter()
        answers = [
            AnsweredRow(model, q.row, label, shares, new_id(), at, f"{(finished - q.context.arrived) * 1000:.4f}")
            for q, label, shares in zip(questions, labels, number_rows(answer.probabilities), strict=True)
        ]
        spell = model.records.one
        records = [
            spell(
                record_members(q.context),
                at=at,
                request_id=q.context.request_id,
                latency_ms=a.latency_ms,
                id_=a.id,
                row=row,
                label=a.label,
                scores=a.probabilities,
            )
            for q, a, row in zip(questions, answers, texts, strict=True)
        ]
        writing = time.perf_counter()
        self._journal.append(records)
        self._observer.keeps([question.context for question in questions], started, writing, time.perf_counter())
        _count(model, numbers, answer, [question.context.trial for question in questions])
        kept = time.perf_counter()
        for question in questions:
            model.metrics.observe_latency(kept - question.context.arrived)
        if self._shadow.watches(model):
            tasks = [
                ShadowTask(q.context.request_id, q.context.origin, [q.row], answer.labels[place : place + 1], [a.id])
                for place, (q, a) in enumerate(zip(questions, answers, strict=True))
                if not q.context.trial
            ]
            self._shadow.offer(model, tasks)
        return answers


def _count(model: ServedModel, numbers: Rows, answer: Answer, trials: list[bool]) -> None:
    """Count the answers of n rows for drift and quality, without those that are trials."""
    if not any(trials):
        model.metrics.observe(numbers, answer.labels, answer.probabilities)
        return
    counted = [place for place, trial in enumerate(trials) if not trial]
    if counted:
        rows = [numbers[place] for place in counted]
        model.metrics.observe(rows, answer.labels[counted], answer.probabilities[counted])
