"""status.json, the courier's own page in the serving directory. It is only shown: nothing depends on it."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError

FILE = "status.json"
LARGEST = 256 * 1024
Count = Annotated[int, Field(ge=0)]

log = structlog.stdlib.get_logger(__name__)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class JudgedAnswers(_Part):
    """Answers of a version that have feedback."""

    version: str
    variant: str = "production"
    judged: Count
    correct: Count


class JudgedSegment(JudgedAnswers):
    """Those whose rows have one value in a column that is marked as a segment."""

    feature: str
    segment: str


class ReportedMove(_Part):
    """A move of an alias, as the courier reported it."""

    at: str
    variant: str
    version: str | None
    previous: str | None
    reason: str | None = None


class TrainedVersion(_Part):
    """A version as the registry has it."""

    at: str
    version: str
    verdict: str | None
    quality: str | None
    adopted: bool = False
    why: str | None = None


class ReportedAlert(_Part):
    """An alert that Alertmanager reported; `ended` is None while it fires."""

    name: str
    began: str
    ended: str | None
    state: str = ""


class CourierStatus(_Part):
    """The file's content; ages are in seconds, sizes in bytes."""

    format: Literal[1]
    at: datetime
    registry_up: bool
    store_up: bool
    store_name: str
    store_bytes: int | None
    pending_records: Count
    oldest_pending_seconds: float
    quality: list[JudgedAnswers] = Field(default=[], max_length=100)
    quality_hours: float = 24
    segments: list[JudgedSegment] = Field(default=[], max_length=200)
    moves: list[ReportedMove] = Field(default=[], max_length=100)
    trainings: list[TrainedVersion] = Field(default=[], max_length=100)
    alerts: list[ReportedAlert] = Field(default=[], max_length=100)


def read_courier(serving: Path) -> CourierStatus | None:
    """The content that the courier wrote last; None where the file is missing or cannot be read."""
    path = serving / FILE
    try:
        with path.open("rb") as file:
            return CourierStatus.model_validate_json(file.read(LARGEST))
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        log.warning("the courier's status can't be read, and is not shown", path=str(path), error=str(error))
        return None
