"""The courier's own records: what Alertmanager reported, which model came to serve, which files were scored."""

from __future__ import annotations

from typing import Any, NamedTuple

from courier.errors import FrameRefusedError
from courier.records.fields import moment_of, optional_text_of, text_of, texts_of


class AlertRow(NamedTuple):
    """A state of an alert, from Alertmanager, in the order of the table's columns."""

    fingerprint: str
    starts_at: str
    status: str
    name: str
    severity: str | None
    labels: str
    """JSON object."""
    annotations: str
    """JSON object."""
    ends_at: str | None


class MoveRow(NamedTuple):
    """A policy entry that came to hold another version, share or nothing, in the order of the table's columns."""

    id: str
    at: str
    model: str
    variant: str
    version: str | None
    previous: str | None
    percent: float | None
    bundle: str | None
    reason: str | None
    verdict: str | None


class ScoredFileRow(NamedTuple):
    """A file that was scored outside of the api, in the order of the table's columns."""

    id: str
    at: str
    model: str
    version: str
    bundle: str
    input_sha256: str
    input_name: str
    output_sha256: str
    rows: int
    tool: str


def read_scored_file(frame: dict[str, Any]) -> ScoredFileRow:
    """Raises FrameRefusedError."""
    rows = frame.get("rows")
    if not isinstance(rows, int) or isinstance(rows, bool) or rows < 1:
        raise FrameRefusedError("rows is not a whole number above 0")
    return ScoredFileRow(
        text_of(frame, "id"),
        moment_of(frame),
        text_of(frame, "model"),
        text_of(frame, "version"),
        text_of(frame, "bundle"),
        text_of(frame, "input_sha256"),
        text_of(frame, "input_name"),
        text_of(frame, "output_sha256"),
        rows,
        text_of(frame, "tool"),
    )


def read_alert(frame: dict[str, Any]) -> AlertRow:
    """Raises FrameRefusedError."""
    return AlertRow(
        text_of(frame, "fingerprint"),
        moment_of(frame, "starts_at"),
        text_of(frame, "status"),
        text_of(frame, "name"),
        optional_text_of(frame, "severity"),
        texts_of(frame, "labels"),
        texts_of(frame, "annotations"),
        None if frame.get("ends_at") is None else moment_of(frame, "ends_at"),
    )


def read_move(frame: dict[str, Any]) -> MoveRow:
    """Raises FrameRefusedError."""
    percent = frame.get("percent")
    if percent is not None and (not isinstance(percent, int | float) or isinstance(percent, bool)):
        raise FrameRefusedError("percent is not a number")
    return MoveRow(
        text_of(frame, "id"),
        moment_of(frame),
        text_of(frame, "model"),
        text_of(frame, "variant"),
        optional_text_of(frame, "version"),
        optional_text_of(frame, "previous"),
        percent,
        optional_text_of(frame, "bundle"),
        optional_text_of(frame, "reason"),
        optional_text_of(frame, "verdict"),
    )
