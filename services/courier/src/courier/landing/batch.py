"""A batch: what one transaction lands, read from as many segments as it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from courier.errors import FrameRefusedError
from courier.journal.frames import Damage, Frame, TornFrame, read_frames
from courier.journal.segments import Cursor, Journal, Segment
from courier.landing.rows import Rows, UndecodedFrame, short_reason
from courier.records.events import AlertRow, MoveRow, ScoredFileRow
from courier.records.fast_decoding import first_half, read_together
from courier.records.records import FeedbackRow, Kind, PredictionRow, Record, decode
from courier.store.protocol import QuarantineRow

BATCH_ROWS = 10_000
BATCH_BYTES = 8 * 1024 * 1024
TOGETHER_BYTES = 1024 * 1024
"""Frames are decoded together when so much of them has come, and at the end of the batch."""

WHOLE = -1
"""The item of a quarantine row that holds a whole frame, or bytes that are none."""


@dataclass(slots=True)
class Batch:
    """Rows to land, and how far into the journal they reach."""

    predictions: dict[Kind, Rows[PredictionRow]] = field(default_factory=dict)
    feedback: Rows[FeedbackRow] = field(default_factory=Rows)
    alerts: Rows[AlertRow] = field(default_factory=Rows)
    moves: Rows[MoveRow] = field(default_factory=Rows)
    scored_files: Rows[ScoredFileRow] = field(default_factory=Rows)
    quarantine: list[QuarantineRow] = field(default_factory=list)
    torn: list[tuple[str, TornFrame]] = field(default_factory=list)

    reached: dict[str, Cursor] = field(default_factory=dict)
    """For each segment read, the cursor to set once the batch has landed."""
    finished: list[str] = field(default_factory=list)
    """Segments that can be deleted once the batch has landed."""
    starts: dict[str, int] = field(default_factory=dict)
    """Where reading began in each of those segments."""
    complete: bool = False
    """Whether all there was at the time is in this batch or landed before."""

    _rows: int = 0
    _bytes: int = 0
    _waiting: dict[bytes, list[UndecodedFrame]] = field(default_factory=dict)
    """Frames to be decoded together, by their first half."""
    _waiting_bytes: int = 0

    @property
    def full(self) -> bool:
        """Whether there is enough for one transaction."""
        return self._rows >= BATCH_ROWS or self._bytes >= BATCH_BYTES

    def read(self, segment: Segment, cursor: Cursor) -> bool:
        """Take what the segment holds after the cursor; false when the batch was full before its end."""
        closed = segment.closed()
        self.starts[segment.name] = cursor.offset
        for part in read_frames(segment.fd, cursor.offset, closed=closed):
            if self.full:
                return False
            match part:
                case Frame():
                    self._take(UndecodedFrame(segment.name, part.start, part.payload))
                    cursor = Cursor(part.end, cursor.frames + 1)
                case Damage():
                    reason = "damaged: no frame here is whole and right"
                    self.quarantine.append(QuarantineRow(segment.name, part.start, WHOLE, reason, part.content))
                    cursor = Cursor(part.end, cursor.frames)
                case TornFrame():
                    self.torn.append((segment.name, part))
                    cursor = Cursor(part.end, cursor.frames)
            self._bytes += part.end - part.start
            self.reached[segment.name] = cursor
        if closed:
            self.finished.append(segment.name)
        return True

    def decode(self) -> None:
        """Decode the frames that wait for it."""
        waiting, self._waiting, self._waiting_bytes = self._waiting, {}, 0
        for half, frames in waiting.items():
            self._rows -= len(frames)
            together = read_together(half, [frame.payload for frame in frames])
            if together is None:
                for frame in frames:
                    self._decode(frame)
            else:
                self._of(together.kind).extend_many(together.rows, frames, together.counts)
                self._rows += len(together.rows)

    def _take(self, frame: UndecodedFrame) -> None:
        half = first_half(frame.payload)
        if not half:
            self._decode(frame)
            return
        self._waiting.setdefault(half, []).append(frame)
        self._waiting_bytes += len(frame.payload)
        # Until it is decoded a frame counts as a row.
        self._rows += 1
        if self._waiting_bytes >= TOGETHER_BYTES:
            self.decode()

    def _decode(self, frame: UndecodedFrame) -> None:
        segment, position, payload = frame
        try:
            record = decode(payload)
        except FrameRefusedError as error:
            self.quarantine.append(QuarantineRow(segment, position, WHOLE, short_reason(str(error)), payload))
            self._rows += 1
            return
        count = record.rows
        items = _items(record, count)
        match record.kind:
            case "feedback":
                self.feedback.extend(record.feedback, segment, position, items)
            case "alert":
                self.alerts.extend(record.alerts, segment, position, items)
            case "move":
                self.moves.extend(record.moves, segment, position, items)
            case "scored_file":
                self.scored_files.extend(record.scored_files, segment, position, items)
            case kind:
                self._of(kind).extend(record.predictions, segment, position, items)
        for row in record.refused:
            self.quarantine.append(QuarantineRow(segment, position, row.item, short_reason(row.reason), row.content))
        self._rows += count + len(record.refused)

    def _of(self, kind: Kind) -> Rows[PredictionRow]:
        return self.predictions.setdefault(kind, Rows())


def collect(journal: Journal) -> Batch:
    """Read the next batch, oldest segments first."""
    batch = Batch()
    batch.complete = all(_read(batch, journal, name) for name in journal.names())
    batch.decode()
    return batch


def _read(batch: Batch, journal: Journal, name: str) -> bool:
    with journal.open(name) as segment:
        return segment is None or batch.read(segment, journal.cursor(name))


def _items(record: Record, count: int) -> Sequence[int]:
    if not record.refused:
        return range(count)
    refused = {row.item for row in record.refused}
    return [item for item in range(count + len(refused)) if item not in refused]
