"""From a frame's payload to the rows of the store: the columns of a request become one row per prediction."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

import orjson

from courier.errors import FrameRefusedError

Kind = Literal["prediction", "shadow", "feedback"]


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


class FeedbackRow(NamedTuple):
    """What somebody says the answer should have been, in the order of the table's columns."""

    id: str
    prediction_id: str
    at: str
    label: str
    source: str
    request_id: str


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
    refused: list[RefusedRow] = field(default_factory=list)


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
        case other:
            raise FrameRefusedError(f"unknown kind: {str(other)[:40]!r}")


def _predictions(kind: Kind, frame: dict[str, Any]) -> Record:
    at, model, version = moment_of(frame), text_of(frame, "model"), text_of(frame, "version")
    variant, bundle, request_id = text_of(frame, "variant"), text_of(frame, "bundle"), text_of(frame, "request_id")
    latency = frame.get("latency_ms")
    if not isinstance(latency, int | float) or isinstance(latency, bool):
        raise FrameRefusedError("latency_ms is missing or no number")
    features, classes = names_of(frame, "features"), names_of(frame, "classes")
    ids, values, labels, shares = (_list(frame, key) for key in ("ids", "rows", "labels", "probabilities"))
    if not len(ids) == len(values) == len(labels) == len(shares) > 0:
        raise FrameRefusedError("ids, rows, labels and probabilities are empty or differ in length")

    record = Record(kind)
    for item, (id_, row, label, share) in enumerate(zip(ids, values, labels, shares, strict=True)):
        try:
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
                    orjson.dumps(dict(zip(classes, share, strict=True))).decode(),
                    latency,
                    request_id,
                )
            )
        except (ValueError, TypeError, IndexError) as error:
            content = orjson.dumps({"id": id_, "row": row, "label": label, "probabilities": share})
            record.refused.append(RefusedRow(item, f"row does not fit its columns: {error}", content))
    return record


def _feedback(frame: dict[str, Any]) -> FeedbackRow:
    return FeedbackRow(
        text_of(frame, "id"),
        text_of(frame, "prediction_id"),
        moment_of(frame),
        text_of(frame, "label"),
        text_of(frame, "source"),
        text_of(frame, "request_id"),
    )


def text_of(frame: dict[str, Any], key: str) -> str:
    """A text that is there and that both stores can hold; raises FrameRefusedError."""
    value = frame.get(key)
    if not isinstance(value, str) or not value:
        raise FrameRefusedError(f"{key} is missing, empty or no string")
    # PostgreSQL has no NUL in text and SQLite ends a text at one: refused here, so that both stores agree.
    if "\x00" in value:
        raise FrameRefusedError(f"{key} contains a NUL character")
    return value


def moment_of(frame: dict[str, Any]) -> str:
    """The frame's time in UTC, always written alike, so that SQLite's text sorts by time; raises FrameRefusedError."""
    text = text_of(frame, "at")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise FrameRefusedError("at is no RFC 3339 time") from None
    if moment.tzinfo is None:
        raise FrameRefusedError("at has no time zone")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _list(frame: dict[str, Any], key: str) -> list[Any]:
    value = frame.get(key)
    if not isinstance(value, list):
        raise FrameRefusedError(f"{key} is missing or no list")
    return value


def names_of(frame: dict[str, Any], key: str) -> list[str]:
    """Names of columns, each once; raises FrameRefusedError."""
    names = _list(frame, key)
    if not names or not all(isinstance(name, str) and name and "\x00" not in name for name in names):
        raise FrameRefusedError(f"{key} holds something that is no name")
    if len(set(names)) < len(names):
        raise FrameRefusedError(f"{key} names something twice")
    return names
