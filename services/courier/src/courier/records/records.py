"""Turns a frame's payload into the rows of the store: a request's columns become one row for each prediction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Literal, NamedTuple

import orjson

from courier.errors import FrameRefusedError
from courier.records.events import AlertRow, MoveRow, ScoredFileRow, read_alert, read_move, read_scored_file
from courier.records.fields import list_of, moment_of, names_of, optional_number_of, optional_text_of, text_of

Kind = Literal["prediction", "shadow", "feedback", "alert", "move", "scored_file"]


class PredictionRow(NamedTuple):
    """One answered row, in the order of the table's columns."""

    id: str
    at: str
    model: str
    version: str
    variant: str
    bundle: str
    features: str
    """JSON object: feature name to the value as it came."""
    label: str
    probabilities: str
    """JSON object: class name to probability."""
    latency_ms: float
    request_id: str
    api_key: str | None = None
    """Name of the key the request came with; None where no keys are asked for."""
    trace_id: str | None = None
    """The request's trace, 32 hex digits; None where no traces are taken."""
    shadow_of: str | None = None
    """The prediction whose question a shadow answered too."""
    value: float | None = None
    """The answer of a regression; its label is the bin of the value, and it has no probabilities."""
    reasons: str | None = None
    """JSON object: the base, and feature name to contribution; None where they were not asked for."""
    trial: bool | None = None
    """True where a person only tried the model: it counts neither in drift nor in quality."""


REQUIRED = PredictionRow._fields[: -len(PredictionRow._field_defaults)]
OPTIONAL = tuple(PredictionRow._field_defaults)

_optional = itemgetter(slice(len(REQUIRED), None))
_NOTHING = (None,) * len(OPTIONAL)


def without_optional(rows: Sequence[PredictionRow]) -> bool:
    """Whether all rows leave all optional columns out, as nearly all do."""
    return set(map(_optional, rows)) <= {_NOTHING}


class FeedbackRow(NamedTuple):
    """The right answer by a feedback, in the order of the table's columns."""

    id: str
    prediction_id: str
    at: str
    label: str
    source: str
    request_id: str
    value: float | None = None
    """A regression's true value; the label is then its bin."""


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row of a frame that can't be read; its neighbours can."""

    item: int
    reason: str
    content: bytes


@dataclass(slots=True)
class Record:
    """The rows of one frame."""

    kind: Kind
    predictions: list[PredictionRow] = field(default_factory=list)
    feedback: list[FeedbackRow] = field(default_factory=list)
    alerts: list[AlertRow] = field(default_factory=list)
    moves: list[MoveRow] = field(default_factory=list)
    scored_files: list[ScoredFileRow] = field(default_factory=list)
    refused: list[RefusedRow] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """How many rows it has, without the refused."""
        events = len(self.alerts) + len(self.moves) + len(self.scored_files)
        return len(self.predictions) + len(self.feedback) + events


def decode(payload: bytes) -> Record:
    """Read a payload as docs/formats/journal.schema.json has it; unknown keys are passed over.

    Raises:
        FrameRefusedError: nothing in it can be used: not JSON, an unknown kind, a field missing or of the wrong type.
    """
    try:
        frame = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise FrameRefusedError(f"not JSON: {error}") from None
    if not isinstance(frame, dict):
        raise FrameRefusedError("not a JSON object")
    match frame.get("kind"):
        case "prediction" | "shadow" as kind:
            return _predictions(kind, frame)
        case "feedback":
            return Record("feedback", feedback=[_feedback(frame)])
        case "alert":
            return Record("alert", alerts=[read_alert(frame)])
        case "move":
            return Record("move", moves=[read_move(frame)])
        case "scored_file":
            return Record("scored_file", scored_files=[read_scored_file(frame)])
        case other:
            raise FrameRefusedError(f"unknown kind: {str(other)[:40]!r}")


def _predictions(kind: Kind, frame: dict[str, Any]) -> Record:
    at, model, version = moment_of(frame), text_of(frame, "model"), text_of(frame, "version")
    variant, bundle, request_id = text_of(frame, "variant"), text_of(frame, "bundle"), text_of(frame, "request_id")
    latency = frame.get("latency_ms")
    if not isinstance(latency, int | float) or isinstance(latency, bool):
        raise FrameRefusedError("latency_ms is missing or no number")
    trial = True if frame.get("trial") is True else None
    key, trace = optional_text_of(frame, "key"), optional_text_of(frame, "trace_id")
    features, classes = names_of(frame, "features"), names_of(frame, "classes")
    # A regression has a value for each row in place of the probabilities.
    scored, columns = ("values", ["value"]) if "values" in frame else ("probabilities", classes)
    ids, values, labels, scores = (list_of(frame, name) for name in ("ids", "rows", "labels", scored))
    compared = [None] * len(ids) if frame.get("shadow_of") is None else list_of(frame, "shadow_of")
    explained = [None] * len(ids) if frame.get("reasons") is None else list_of(frame, "reasons")
    if not len(ids) == len(values) == len(labels) == len(scores) == len(compared) == len(explained) > 0:
        raise FrameRefusedError(f"ids, rows, labels and {scored} are empty or differ in length")

    record = Record(kind)
    columns_of_rows = zip(ids, values, labels, scores, compared, explained, strict=True)
    for item, (id_, row, label, score, of, reasons) in enumerate(columns_of_rows):
        try:
            named = dict(zip(columns, score, strict=True))
            value = _number(named.pop("value")) if scored == "values" else None
            record.predictions.append(
                PredictionRow(
                    id_,
                    at,
                    model,
                    version,
                    variant,
                    bundle,
                    orjson.dumps(dict(zip(features, row, strict=True))).decode(),
                    classes[label if label >= 0 else len(classes)],
                    orjson.dumps(named).decode(),
                    latency,
                    request_id,
                    key,
                    trace,
                    of,
                    value,
                    None if reasons is None else _reasons(features, reasons),
                    trial,
                )
            )
        except (ValueError, TypeError, IndexError) as error:
            content = orjson.dumps({"id": id_, "row": row, "label": label, scored: score})
            record.refused.append(RefusedRow(item, f"row does not fit its columns: {error}", content))
    return record


def _reasons(features: list[str], row: list[Any]) -> str:
    """Raises ValueError or TypeError where there is not a number for the base and one for each feature."""
    base, *contributions = map(_number, row)
    return orjson.dumps({"base": base, "contributions": dict(zip(features, contributions, strict=True))}).decode()


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("the value is not a number")
    return float(value)


def _feedback(frame: dict[str, Any]) -> FeedbackRow:
    return FeedbackRow(
        text_of(frame, "id"),
        text_of(frame, "prediction_id"),
        moment_of(frame),
        text_of(frame, "label"),
        text_of(frame, "source"),
        text_of(frame, "request_id"),
        optional_number_of(frame, "value"),
    )
