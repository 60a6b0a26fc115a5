"""Lands segments in the store: commit, then the cursor, then delete. In that order nothing is lost or doubled."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple, TypeVar

import orjson
from structlog.typing import FilteringBoundLogger

from courier.errors import StoreUnavailableError
from courier.journal.segments import Journal
from courier.landing.batch import Batch, collect
from courier.landing.coverage import Coverage
from courier.landing.feedback import FeedbackCounter
from courier.landing.ledger import Place, ledger_of, place_of
from courier.landing.rows import Rows
from courier.metrics import Metrics
from courier.records.records import FeedbackRow, PredictionRow
from courier.store.isolation import add_isolated
from courier.store.protocol import QuarantineRow, Store

RETRY_SECONDS = 0.5

Row = TypeVar("Row", bound=NamedTuple)
Result = TypeVar("Result")


@dataclass(slots=True)
class LandedCounts:
    """The rows that a batch added to the store; rows that were there before are not counted."""

    rows: dict[str, int] = field(default_factory=dict)
    feedback: list[FeedbackRow] = field(default_factory=list)
    quarantined: int = 0


class Landing:
    """Carries the journal into the store, a batch at a time."""

    def __init__(
        self,
        journal: Journal,
        store: Store,
        metrics: Metrics,
        log: FilteringBoundLogger,
        poll_seconds: float,
        coverage: Coverage | None = None,
    ) -> None:
        self._journal = journal
        self._store = store
        self._metrics = metrics
        self._log = log
        self._poll_seconds = poll_seconds
        self._feedback = FeedbackCounter(store, metrics, coverage)
        self._store_up: bool | None = None

    @property
    def store_up(self) -> bool:
        """Whether the store answered last time."""
        return bool(self._store_up)

    def work(self) -> float:
        """Land a batch; returns the seconds to wait before the next."""
        try:
            return self._poll_seconds if self.step() else 0.0
        except StoreUnavailableError as error:
            self._store.close()
            self._note_store(up=False, error=str(error))
            return RETRY_SECONDS

    def step(self) -> bool:
        """Land one batch; true when it reached the end of every segment.

        Raises:
            StoreUnavailableError: the batch has not landed, and will be read again.
        """
        batch = collect(self._journal)
        self._store.open()
        if batch.reached or batch.finished:
            landed = self._land(batch)
            self._count(batch, landed)
        else:
            landed = LandedCounts()
            self._store.ping()
        self._note_store(up=True)
        self._remember(batch)
        self._feedback.landed(landed.feedback, complete=batch.complete)
        return batch.complete

    def finish(self, seconds: float) -> bool:
        """Land all there is, for at most about this long; false when something remains."""
        deadline = time.monotonic() + seconds
        try:
            while not self.step():
                if time.monotonic() > deadline:
                    return False
            self._feedback.settle()
        except StoreUnavailableError as error:
            self._log.warning("last drain not finished; the journal keeps the rest", error=str(error))
            return False
        return True

    def _land(self, batch: Batch) -> LandedCounts:
        landed, store = LandedCounts(), self._store
        quarantine, left_out = list(batch.quarantine), list[Place]()

        def add(rows: Rows[Row], adding: Callable[[Sequence[Row]], Result]) -> list[Result]:
            results, refused = add_isolated(store, rows.rows, adding)
            for index, reason in refused:
                row = rows.rows[index]
                quarantine.append(rows.quarantined(index, reason, orjson.dumps(row._asdict())))
                if isinstance(row, PredictionRow | FeedbackRow):
                    left_out.append(place_of(quarantine[-1].segment, row.at))
            return results

        with store.transaction():
            # Predictions first, so that feedback in the same batch finds them.
            for kind, predictions in batch.predictions.items():
                landed.rows[kind] = sum(add(predictions, store.add_predictions))
            landed.feedback = [row for part in add(batch.feedback, store.add_feedback) for row in part]
            landed.rows["feedback"] = len(landed.feedback)
            landed.rows["alert"] = sum(add(batch.alerts, store.add_alerts))
            landed.rows["move"] = sum(add(batch.moves, store.add_moves))
            landed.rows["scored_file"] = sum(add(batch.scored_files, store.add_scored_files))
            if quarantine:
                landed.quarantined = store.add_quarantine(quarantine)
            store.note_segments(batch.starts, ledger_of(batch, left_out, quarantine), batch.finished)
        if quarantine:
            self._log_quarantine(quarantine)
        return landed

    def _remember(self, batch: Batch) -> None:
        for name, cursor in batch.reached.items():
            self._tolerating(partial(self._journal.advance, name, cursor), name)
        for name in batch.finished:
            self._tolerating(partial(self._journal.discard, name), name)

    def _tolerating(self, act: partial[None], segment: str) -> None:
        # The rows are committed. A cursor or a file left behind costs a replay, stopping would cost the whole journal.
        try:
            act()
        except OSError as error:
            self._log.error("journal housekeeping failed", segment=segment, error=str(error))

    def _count(self, batch: Batch, landed: LandedCounts) -> None:
        for kind, count in landed.rows.items():
            self._metrics.landing.records_landed.labels(kind).inc(count)
        self._metrics.landing.records_quarantined.inc(landed.quarantined)
        self._metrics.landing.journal_torn.inc(len(batch.torn))
        for segment, torn in batch.torn:
            self._log.info(
                "unfinished record dropped", segment=segment, position=torn.start, bytes=torn.end - torn.start
            )

    def _log_quarantine(self, rows: list[QuarantineRow]) -> None:
        first = rows[0]
        self._log.error(
            "quarantined",
            count=len(rows),
            segment=first.segment,
            position=first.position,
            item=first.item,
            reason=first.reason,
        )

    def _note_store(self, *, up: bool, error: str | None = None) -> None:
        self._metrics.landing.store_up.set(int(up))
        if up is self._store_up:
            return
        self._store_up = up
        if up:
            self._log.info("store is up", store=self._store.name)
        else:
            self._log.warning("store is down; the journal is kept", store=self._store.name, error=error)
