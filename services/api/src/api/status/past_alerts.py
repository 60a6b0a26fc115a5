"""Alerts that this api has seen begin and end, in a file of bounded size that outlives it."""

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import structlog
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from api.status.alerts import Alert

FILE = "past-alerts.json"
MOST = 50
LARGEST = 64 * 1024

log = structlog.stdlib.get_logger(__name__)


class PastAlert(BaseModel):
    """`ended` is None while it fires. Times are ISO 8601 in UTC."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    name: Annotated[str, Field(max_length=100)]
    began: Annotated[str, Field(max_length=40)]
    ended: Annotated[str, Field(max_length=40)] | None = None
    state: Annotated[str, Field(max_length=300)] = ""
    """The comparison that raised it, in words."""


_Alerts = TypeAdapter(list[PastAlert])


class PastAlerts:
    """The newest first. The worker that writes the history notes them; every worker reads."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._waiting: dict[str, PastAlert] = {}

    def note(self, alerts: Iterable[Alert], now: float) -> None:
        """Note what began or ended since the last look. Raises OSError.

        An alert is kept once it fires in two looks: at a start no version serves for a moment, which is expected.
        """
        known, at = self.read(), datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds")
        open_ones = {one.name for one in known if one.ended is None}
        firing = {alert.name: alert for alert in alerts if alert.firing}
        started = [self._waiting[name] for name in firing if name in self._waiting and name not in open_ones]
        self._waiting = {
            name: self._waiting.get(name) or PastAlert(name=name, began=at, state=alert.state[:300])
            for name, alert in firing.items()
        }
        kept = [one if one.ended or one.name in firing else one.model_copy(update={"ended": at}) for one in known]
        if started or kept != known:
            self._write([*started, *kept][:MOST])

    def read(self) -> list[PastAlert]:
        """The alerts in the file; none where it is missing or can't be read."""
        try:
            with self._path.open("rb") as file:
                return _Alerts.validate_json(file.read(LARGEST))[:MOST]
        except (FileNotFoundError, NotADirectoryError):
            return []
        except (OSError, ValidationError) as error:
            log.warning("the past alerts can't be read, and are not shown", path=str(self._path), error=str(error))
            return []

    def _write(self, alerts: list[PastAlert]) -> None:
        fresh = self._path.with_name(f".{FILE}-{os.getpid()}")
        fresh.write_bytes(_Alerts.dump_json(alerts))
        fresh.replace(self._path)
