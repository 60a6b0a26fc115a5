"""Health of the loops. Liveness concerns this process alone, never its neighbours."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from courier.journal.backlog import Backlog


class Heartbeat:
    """A loop's sign of life, by a monotonic clock."""

    def __init__(self, limit_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit_seconds = limit_seconds
        self._clock = clock
        self._last = clock()

    def beat(self) -> None:
        """The loop came round."""
        self._last = self._clock()

    @property
    def silent_seconds(self) -> float:
        """Seconds since the last beat."""
        return self._clock() - self._last

    @property
    def alive(self) -> bool:
        """Whether the last beat is recent enough."""
        return self.silent_seconds <= self._limit_seconds


@dataclass(frozen=True, slots=True)
class FollowedModel:
    """The model this courier serves, from which registry and for which api: clients check that it is theirs."""

    registry: str
    model: str
    serving_dir: Path

    def report(self) -> dict[str, str]:
        """As JSON: the registry's address without its credentials, the model's name, the absolute folder."""
        url = urlsplit(self.registry)
        address = urlunsplit((url.scheme, url.netloc.rpartition("@")[2], url.path, "", ""))
        return {"registry": address, "model": self.model, "serving_dir": str(self.serving_dir.resolve())}


@dataclass(frozen=True, slots=True)
class Health:
    """The report of `/health`."""

    following: Heartbeat
    landing: Heartbeat
    registry_up: Callable[[], bool]
    serving: Callable[[], dict[str, object]]
    store_up: Callable[[], bool]
    store_name: Callable[[], str]
    store_size: Callable[[], dict[str, object]]
    backlog: Backlog
    follows: FollowedModel

    def report(self) -> tuple[bool, dict[str, object]]:
        """Whether both loops live, and the details. A registry or a store that is down is a detail."""
        ok = self.following.alive and self.landing.alive
        pending = self.backlog.survey()
        return ok, {
            "ok": ok,
            "follows": self.follows.report(),
            "registry": {"up": self.registry_up(), "silent_seconds": round(self.following.silent_seconds, 3)},
            "serving": self.serving(),
            "store": {
                "up": self.store_up(),
                "name": self.store_name(),
                **self.store_size(),
                "silent_seconds": round(self.landing.silent_seconds, 3),
            },
            "journal": {
                "pending_records": pending.records,
                "oldest_pending_seconds": round(pending.oldest_seconds, 3),
            },
        }
