"""The reading side of the audit: questions by name, the same for both stores, each on a connection of its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, NamedTuple, Protocol, Self

from courier.records.records import PredictionRow


class Labelled(NamedTuple):
    """A prediction and the latest feedback on it; all but its id and the feedback is None without one of this model."""

    prediction_id: str
    at: Any
    version: Any
    features: Any
    """JSON object: feature name to the value as it came."""
    predicted: Any
    label: str
    source: str
    bundle: Any = None


class PastMove(NamedTuple):
    """A row of `model_moves`."""

    at: str
    model: str
    variant: str
    version: str | None
    previous: str | None
    percent: float | None
    bundle: str | None
    reason: str | None
    verdict: str | None


class PastAlert(NamedTuple):
    """An alert that Alertmanager reported; `ended` is None while it fires."""

    name: str
    severity: str | None
    began: str
    ended: str | None
    summary: str | None


class Quality(NamedTuple):
    """A row of `quality_by_version_and_day`."""

    model: str
    version: str
    variant: str
    day: str
    predictions: int
    judged: int
    correct: int
    accuracy: float | None


class Hour(NamedTuple):
    """The rows that the segments brought in an hour, and how many of them are in the store now."""

    hour: str
    brought: int
    landed: int
    quarantined: int


class OpenSegment(NamedTuple):
    """A segment that has not landed whole."""

    segment: str
    position: int
    """Where the last batch of it began."""
    landed_at: str


class Answered(NamedTuple):
    """An answer that a client got, and what is known of its truth."""

    id: str
    version: str
    bundle: str
    features: str
    """JSON object."""
    label: str
    probabilities: str
    """JSON object."""
    value: float | None
    true_label: str | None
    true_value: float | None


class Source(Protocol):
    """Where to ask. Every method but `close` raises StoreUnavailableError."""

    def connect(self) -> None:
        """Connect for reading alone."""

    def close(self) -> None:
        """Drop the connection; never raises."""

    def ask(self, statement: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """The rows of a named statement; times are text in UTC, JSON is text."""


class Reader:
    """Questions about the audit; a context manager that connects.

    The store may hold the records of several models. Labelled and answered predictions, moves and quality are those of
    `model`; hours, segments and exported predictions are those of the whole store.
    """

    def __init__(self, source: Source, model: str) -> None:
        self._source = source
        self._model = model

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self) -> None:
        """Connect. Raises StoreUnavailableError."""
        self._source.connect()

    def close(self) -> None:
        """Drop the connection; never raises."""
        self._source.close()

    def labelled(self, oldest: str, before: str, limit: int) -> list[Labelled]:
        """Feedback, its predictions' ids from `oldest` up to but without `before`, highest id first."""
        parameters = {"oldest": oldest, "before": before, "limit": limit, "model": self._model}
        return [Labelled(*row) for row in self._source.ask("labelled", parameters)]

    def moves(self, limit: int) -> list[PastMove]:
        """The newest moves, newest first."""
        return [PastMove(*row) for row in self._source.ask("moves", {"limit": limit, "model": self._model})]

    def alerts(self, limit: int) -> list[PastAlert]:
        """The alerts that began last, newest first: those of the model, and those of no model."""
        rows = self._source.ask("past_alerts", {"limit": limit, "model": self._model})
        return [PastAlert(*row) for row in rows]

    def quality(self) -> list[Quality]:
        """How often each version was right, by day, newest day first."""
        return [Quality(*row) for row in self._source.ask("quality", {"model": self._model})]

    def hours(self, since: datetime, until: datetime) -> list[Hour]:
        """Hour by hour, oldest first."""
        limits = {"since": _text(since), "until": _text(until)}
        return [Hour(*row) for row in self._source.ask("hours", limits)]

    def open_segments(self) -> list[OpenSegment]:
        """Segments that have not landed whole."""
        return [OpenSegment(*row) for row in self._source.ask("open_segments", {})]

    def answered(self, after: str, before: str, limit: int) -> list[Answered]:
        """Answers whose ids are above `after` and below `before`, lowest id first."""
        parameters = {"after": after, "before": before, "limit": limit, "model": self._model}
        return [Answered(*row) for row in self._source.ask("answered", parameters)]

    def predictions(self, after: str, before: str, limit: int) -> list[PredictionRow]:
        """Rows whose ids are above `after` and below `before`, lowest id first."""
        parameters = {"after": after, "before": before, "limit": limit}
        rows = [PredictionRow(*row) for row in self._source.ask("predictions", parameters)]
        # SQLite has no booleans: a trial is a 1
        return [row if row.trial is None else row._replace(trial=bool(row.trial)) for row in rows]


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
