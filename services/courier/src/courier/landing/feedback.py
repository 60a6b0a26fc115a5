"""Counts from feedback how often each version was right."""

from __future__ import annotations

from collections.abc import Sequence

from courier.landing.coverage import Coverage
from courier.metrics import Metrics
from courier.records.records import FeedbackRow
from courier.store.protocol import Answer, Store

# Feedback waits at most this long in memory when the journal never runs dry.
MOST_WAITING = 50_000


class FeedbackCounter:
    """Counts each feedback once, after everything that was journalled before it has landed.

    A prediction and its feedback may lie in the segments of two workers, and the feedback may land first. A batch that
    was read after the feedback had landed, and that found the end of every segment, holds the prediction if there is
    one. An id that is not found by then is counted as unknown; feedback on a trial is not counted.
    """

    def __init__(self, store: Store, metrics: Metrics, coverage: Coverage | None = None) -> None:
        """Without `coverage` only right and wrong are counted."""
        self._store = store
        self._coverage = coverage
        self._metrics = metrics
        self._waiting: list[FeedbackRow] = []

    def landed(self, rows: Sequence[FeedbackRow], *, complete: bool) -> None:
        """Take what a batch has brought; `complete` says that it reached the end of every segment.

        Raises StoreUnavailableError; nothing is forgotten or counted twice by calling again.
        """
        try:
            if self._waiting and (complete or len(self._waiting) > MOST_WAITING):
                self.settle()
        finally:
            self._waiting.extend(rows)

    def settle(self) -> None:
        """Count what waits, now. Raises StoreUnavailableError, and then nothing is counted."""
        if not self._waiting:
            return
        wanted = list({row.prediction_id for row in self._waiting})
        answers = {answer.prediction_id: answer for answer in self._store.answers(wanted)}
        for row in self._waiting:
            answer = answers.get(row.prediction_id)
            if answer is None:
                self._metrics.landing.feedback.labels("unknown", "unknown").inc()
            elif not answer.trial:
                outcome = "correct" if answer.label == row.label else "incorrect"
                self._metrics.landing.feedback.labels(answer.version, outcome).inc()
                self._count_coverage(answer, row)
                for feature, segment in self._segments(answer):
                    self._metrics.landing.segment_feedback.labels(answer.version, feature, segment, outcome).inc()
        self._waiting.clear()

    def _segments(self, answer: Answer) -> list[tuple[str, str]]:
        return [] if self._coverage is None else self._coverage.segments(answer)

    def _count_coverage(self, answer: Answer, row: FeedbackRow) -> None:
        covered = None if self._coverage is None else self._coverage.covers(answer, row)
        if covered is not None:
            self._metrics.landing.coverage.labels(answer.version, "covered" if covered else "missed").inc()
