"""The calls that landing needs from a store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import NamedTuple, Protocol

from courier.records.events import AlertRow, MoveRow, ScoredFileRow
from courier.records.records import FeedbackRow, PredictionRow


class QuarantineRow(NamedTuple):
    """Something that could not land, in the order of the table's columns."""

    segment: str
    position: int
    item: int
    reason: str
    content: bytes


class LedgerEntry(NamedTuple):
    """The rows that a batch brought of a segment, for each hour in which they were answered."""

    segment: str
    position: int
    """Where the batch began."""
    hour: str
    rows: int
    quarantined: int


class Answer(NamedTuple):
    """The answer under a prediction id."""

    prediction_id: str
    version: str
    label: str
    bundle: str = ""
    probabilities: str = "{}"
    """JSON object: class name to probability."""
    value: float | None = None
    """A regression's answer."""
    trial: bool | None = None
    """True where a person only tried the model."""
    features: str = "{}"
    """JSON object: name to value as it came."""


class Counts(NamedTuple):
    """Rows in the store."""

    predictions: int
    feedback: int
    quarantine: int


class Pruned(NamedTuple):
    """The counts of deleted rows."""

    months: list[str]
    """Names of partitions that were dropped whole."""
    rows: int
    """Rows deleted elsewhere."""


class Store(Protocol):
    """One connection to the audit, used by one thread (`abort` by any).

    Every method raises StoreUnavailableError when the store can't be reached or can't take anything now. Adding is
    idempotent by primary key: what is there already is passed over and not counted.
    """

    @property
    def name(self) -> str:
        """The name of the store in a log: never holds a password."""

    def open(self) -> None:
        """Connect and bring the schema up to date; does nothing when connected."""

    def close(self) -> None:
        """Drop the connection, in any state; never raises."""

    def abort(self) -> None:
        """Break off what another thread is doing with the store, so that it fails soon; never raises."""

    def ping(self) -> None:
        """Ask for a sign of life."""

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing; inside another transaction a part that can fail alone."""

    def add_predictions(self, rows: Sequence[PredictionRow]) -> int:
        """Add rows, inside a transaction.

        Returns how many are new. Raises RowsRefusedError when the store refuses one of them.
        """

    def add_feedback(self, rows: Sequence[FeedbackRow]) -> list[FeedbackRow]:
        """Add rows, inside a transaction.

        Returns those that are new. Raises RowsRefusedError when the store refuses one of them.
        """

    def add_alerts(self, rows: Sequence[AlertRow]) -> int:
        """Add rows, inside a transaction.

        Returns how many are new: Alertmanager repeats itself. Raises RowsRefusedError when the store refuses one.
        """

    def add_moves(self, rows: Sequence[MoveRow]) -> int:
        """Add rows, inside a transaction.

        Returns how many are new: couriers that follow one registry report the same moves. Raises RowsRefusedError when
        the store refuses one of them.
        """

    def add_scored_files(self, rows: Sequence[ScoredFileRow]) -> int:
        """Add rows, inside a transaction.

        Returns how many are new. Raises RowsRefusedError when the store refuses one of them.
        """

    def add_quarantine(self, rows: Sequence[QuarantineRow]) -> int:
        """Add rows, inside a transaction. Returns how many are new."""

    def note_segments(self, starts: Mapping[str, int], entries: Sequence[LedgerEntry], finished: Sequence[str]) -> None:
        """Note what a batch brought, inside its transaction; a batch that is sent again replaces what was noted of it.

        `starts` has the position where the batch starts in each of its segments; `finished` are those landed whole.
        """

    def answers(self, prediction_ids: Sequence[str]) -> list[Answer]:
        """The answers under these ids, for those that have landed."""

    def make_months(self) -> list[str]:
        """Make partitions ahead of time; returns those that are new, as 2026-11. A store without any makes none.

        Raises StoreUnavailableError also when another session holds a lock; try again later.
        """

    def prune(self, before: datetime, most: int) -> Pruned:
        """Delete older rows: whole months, and of each table's other rows at most `most`.

        Raises StoreUnavailableError also when another session holds a lock; try again later.
        """

    def counts(self) -> Counts:
        """How many rows there are."""

    def size(self) -> int:
        """Bytes on disk: the whole database, or the file with its journals."""
