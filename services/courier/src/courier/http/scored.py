"""A file that was scored outside of the api: its report, and on request its rows, as records for the journal."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, NamedTuple
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from courier.errors import FrameRefusedError, QuestionError
from courier.records.records import decode

Text = Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=r"^[^\x00]*$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class ScoredFile(BaseModel):
    """The report of the trainer about an output."""

    model_config = ConfigDict(extra="forbid", strict=True)

    model: Text
    version: Text
    bundle: Sha256
    input_sha256: Sha256
    input_name: Text
    output_sha256: Sha256
    rows: Annotated[int, Field(gt=0, lt=2**62)]
    tool: Text

    def record(self, at: datetime) -> dict[str, object]:
        """The journal's record; `at` is when the report came. The same file gets the same id, so it is one row."""
        known = sha256(self.model_dump_json().encode()).digest()[:16]
        moment = at.astimezone(UTC).isoformat(timespec="microseconds")
        return {"kind": "scored_file", "id": str(UUID(bytes=known)), "at": moment, **self.model_dump()}


def read_scored(body: bytes) -> ScoredFile:
    """Raises QuestionError for anything else."""
    try:
        return ScoredFile.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"])) or "body"
        raise QuestionError(f"no report of a scored file: {where}: {first['msg']}") from None


class ScoredRows(NamedTuple):
    """Rows of such a file."""

    id: str
    """The id of the first row, which names their segment, so that rows that are sent again replace themselves."""
    record: dict[str, object]
    rows: int


def read_rows(body: bytes) -> ScoredRows:
    """A record of predictions as the api journals them. Raises QuestionError for anything else."""
    try:
        decoded = decode(body)
    except FrameRefusedError as error:
        raise QuestionError(f"no record of scored rows: {error}") from None
    if decoded.kind != "prediction" or decoded.refused:
        why = decoded.refused[0].reason if decoded.refused else f"its kind is {decoded.kind}"
        raise QuestionError(f"no record of scored rows: {why}")
    ids = [row.id for row in decoded.predictions]
    try:
        known = [UUID(id_) for id_ in ids]
    except (ValueError, TypeError, AttributeError):
        raise QuestionError("no record of scored rows: an id is no UUID") from None
    if [str(one) for one in known] != ids or {one.version for one in known} != {7}:
        raise QuestionError("no record of scored rows: ids are UUIDs of version 7 in small letters")
    return ScoredRows(ids[0], orjson.loads(body), len(ids))
