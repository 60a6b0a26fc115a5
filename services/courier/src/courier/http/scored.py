"""The report of a file that was scored outside of the api, as a record for the journal."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from courier.errors import QuestionError

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
