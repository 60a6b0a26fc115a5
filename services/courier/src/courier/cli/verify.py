"""Compares the journal with the store hour by hour: the journal, the segments' ledger and the tables."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from courier.journal.segments import Cursor, Journal
from courier.landing.batch import Batch
from courier.landing.ledger import ledger_of
from courier.store.reader import Hour, OpenSegment, Reader

# A segment closes after a minute; one that nobody has read for longer than this has no reader any more.
ABANDONED = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class HourCounts:
    """An hour, in rows."""

    hour: str
    landed: int
    pending: int
    quarantined: int
    missing: int
    """Landed once, and not in the store now."""

    @property
    def journalled(self) -> int:
        """All that is known to have been written in that hour."""
        return self.landed + self.missing + self.pending + self.quarantined


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of the check."""

    lines: list[HourCounts]
    gaps: list[str]


def verify(reader: Reader, journal: Journal, since: datetime, until: datetime) -> Verdict:
    """Compare what is to be found of these hours.

    Raises StoreUnavailableError.
    """
    waiting, refused = pending(journal, since, until)
    with reader:
        hours, unfinished = reader.hours(since, until), reader.open_segments()
    known = {hour.hour: hour for hour in hours}
    lines = []
    for hour in sorted(known.keys() | waiting.keys() | refused.keys()):
        found = known.get(hour, Hour(hour, 0, 0, 0))
        missing = max(0, found.brought - found.landed)
        lines.append(HourCounts(hour, found.landed, waiting[hour], found.quarantined + refused[hour], missing))
    gaps = [
        f"{line.hour[:13]}:00: {line.missing} rows landed once and are not in the store"
        for line in lines
        if line.missing
    ]
    return Verdict(lines, gaps + _abandoned(unfinished, set(journal.names())))


def pending(journal: Journal, since: datetime, until: datetime) -> tuple[Counter[str], Counter[str]]:
    """Rows of these hours that wait in the journal, and what of it would go into quarantine by now."""
    waiting: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for name in journal.names():
        cursor, whole = journal.cursor(name), False
        while not whole:
            batch = Batch()
            with journal.open(name) as segment:
                whole = segment is None or batch.read(segment, cursor)
            batch.decode()
            cursor = batch.reached.get(name, Cursor(cursor.offset, cursor.frames))
            for part in ledger_of(batch, [], batch.quarantine):
                if since <= datetime.fromisoformat(part.hour) < until:
                    waiting[part.hour] += part.rows
                    refused[part.hour] += part.quarantined
    return +waiting, +refused


def _abandoned(unfinished: list[OpenSegment], here: set[str]) -> list[str]:
    long_ago = (datetime.now(UTC) - ABANDONED).isoformat(timespec="microseconds")
    return [
        f"segment {one.segment}: read up to byte {one.position} or further at {one.landed_at[:19]}Z, never to its end, "
        "and it is not in this journal"
        for one in unfinished
        if one.segment not in here and one.landed_at < long_ago
    ]
