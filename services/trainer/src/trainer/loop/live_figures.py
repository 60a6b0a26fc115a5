"""The versions' figures in service, from the courier's page /quality.json."""

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from trainer.errors import ServiceUnreachableError
from trainer.loop.http_client import get


class DayFigures(BaseModel):
    """One version on one day (UTC), in one variant."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    version: str
    variant: str
    day: str
    predictions: int
    judged: int
    correct: int


@dataclass(frozen=True)
class LiveFigures:
    """A version over all days and variants; `judged` predictions have feedback, `correct` of them were right."""

    predictions: int = 0
    judged: int = 0
    correct: int = 0

    @property
    def accuracy(self) -> float | None:
        return self.correct / self.judged if self.judged else None


def days(courier_url: str) -> list[DayFigures]:
    """Newest first. Raises ServiceUnreachableError."""
    url = f"{courier_url.rstrip('/')}/quality.json"
    try:
        found = TypeAdapter(list[DayFigures]).validate_json(get(url))
    except ValidationError as error:
        raise ServiceUnreachableError(f"{url} answered something unexpected: {error.errors()[0]['msg']}") from error
    return sorted(found, key=lambda one: (one.day, int(one.version), one.variant), reverse=True)


def by_version(found: list[DayFigures]) -> dict[str, LiveFigures]:
    """Added up; a shadow's answers reached no client and do not count."""
    totals: dict[str, LiveFigures] = {}
    for day in found:
        if day.variant != "shadow":
            had = totals.get(day.version, LiveFigures())
            totals[day.version] = LiveFigures(
                had.predictions + day.predictions, had.judged + day.judged, had.correct + day.correct
            )
    return totals
