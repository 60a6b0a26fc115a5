"""The contents of a batch, counted by segment and by the hour in which each row was answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import chain, pairwise

from courier.landing.batch import Batch
from courier.landing.rows import Rows
from courier.records.records import FeedbackRow, PredictionRow
from courier.store.protocol import LedgerEntry, QuarantineRow

Place = tuple[str, str]
"""A segment and an hour, written 2026-11-22T10."""

_HOUR = slice(13)


def place_of(segment: str, at: str) -> Place:
    """Where a row counts; `at` is its time as rows have it."""
    return segment, at[_HOUR]


def count(rows: Rows[PredictionRow] | Rows[FeedbackRow]) -> Counter[Place]:
    """How many of the rows each segment brought of each hour."""
    counted: Counter[Place] = Counter()
    ends = chain((span.first for span in rows.spans), (len(rows.rows),))
    for (_, segment, *_), (first, end) in zip(rows.spans, pairwise(ends), strict=True):
        # All rows of a frame were answered at once.
        if end > first:
            counted[segment, rows.rows[first].at[_HOUR]] += end - first
    return counted


def ledger_of(batch: Batch, refused: Iterable[Place], quarantine: list[QuarantineRow]) -> list[LedgerEntry]:
    """The rows of the batch that are in the store; `refused` has an entry for each of its rows that is not."""
    rows: Counter[Place] = count(batch.feedback)
    for predictions in batch.predictions.values():
        rows += count(predictions)
    rows.subtract(refused)
    now = datetime.now(UTC).isoformat()
    quarantined = Counter(place_of(row.segment, now) for row in quarantine)
    return [
        LedgerEntry(segment, batch.starts[segment], f"{hour}:00:00.000000+00:00", rows[place], quarantined[place])
        for place in sorted(rows.keys() | quarantined.keys())
        for segment, hour in (place,)
    ]
