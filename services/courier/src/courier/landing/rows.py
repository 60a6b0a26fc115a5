"""Rows that remember the frame and the item they came from, so that a refused one is quarantined with its place."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Generic, NamedTuple, TypeVar

from courier.store.protocol import QuarantineRow

REASON_LENGTH = 500
"""Characters of a quarantine row's reason."""

Row = TypeVar("Row")


class _Span(NamedTuple):
    """Rows from index `first` on came from this frame, where they were these items."""

    first: int
    segment: str
    position: int
    items: Sequence[int]


class UndecodedFrame(NamedTuple):
    """A frame that is not decoded yet."""

    segment: str
    position: int
    payload: bytes


@dataclass(slots=True)
class Rows(Generic[Row]):
    """Rows of many frames that remember where they came from."""

    rows: list[Row] = field(default_factory=list)
    spans: list[_Span] = field(default_factory=list)

    def extend(self, rows: Sequence[Row], segment: str, position: int, items: Sequence[int]) -> None:
        """Add the rows of a frame."""
        self.spans.append(_Span(len(self.rows), segment, position, items))
        self.rows.extend(rows)

    def extend_many(self, rows: Sequence[Row], frames: Sequence[UndecodedFrame], counts: Sequence[int]) -> None:
        """Add the rows of many frames; the counts have one number of rows for each frame."""
        firsts = accumulate(counts, initial=len(self.rows))
        self.spans.extend(
            [_Span(first, *frame[:2], range(n)) for first, frame, n in zip(firsts, frames, counts, strict=False)]
        )
        self.rows.extend(rows)

    def quarantined(self, index: int, reason: str, content: bytes) -> QuarantineRow:
        """The quarantine row for the row at `index`, which was refused."""
        span = self.spans[bisect_right(self.spans, index, key=lambda span: span.first) - 1]
        return QuarantineRow(span.segment, span.position, span.items[index - span.first], short_reason(reason), content)


def short_reason(text: str) -> str:
    """As the store takes it: PostgreSQL has no zero character in a text."""
    return text.replace("\x00", "")[:REASON_LENGTH]
