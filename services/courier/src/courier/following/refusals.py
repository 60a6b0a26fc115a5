"""Versions that were refused under an alias: which, why, and until when they are not tried again."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from structlog.typing import FilteringBoundLogger

from courier.errors import BundleRefusedError
from courier.following.installer import REFUSED_AGAIN_SECONDS
from courier.following.policy import Alias
from courier.following.registry import ModelVersion
from courier.metrics import Metrics


class RefusedVersion(NamedTuple):
    """A version that was refused under an alias, and what is the matter with it."""

    version: ModelVersion
    at: float
    reason: str
    error: str


class Refusals:
    """The last refused version of each alias. A version whose tags changed is another one."""

    def __init__(self, metrics: Metrics, log: FilteringBoundLogger, clock: Callable[[], float]) -> None:
        """`clock` gives seconds that never go back."""
        self._metrics = metrics
        self._log = log
        self._clock = clock
        self._refused: dict[Alias, RefusedVersion] = {}

    def note(self, alias: Alias, version: ModelVersion, error: BundleRefusedError) -> None:
        """Remember, count and log that the version was refused under the alias."""
        self._refused[alias] = RefusedVersion(version, self._clock(), error.reason, str(error))
        self._metrics.following.bundles_refused.labels(error.reason).inc()
        self._log.error("version refused", alias=alias, version=version.version, reason=error.reason, error=str(error))

    def stands(self, alias: Alias, version: ModelVersion) -> bool:
        """Whether this version was refused so recently that it is not tried again yet."""
        refused = self._refused.get(alias)
        return refused is not None and refused.version == version and self._clock() - refused.at < REFUSED_AGAIN_SECONDS

    def why(self, alias: Alias, version: ModelVersion) -> str | None:
        """The reason in words; None where it was not refused."""
        refused = self._refused.get(alias)
        return refused.error if refused is not None and refused.version == version else None

    def forget(self, alias: Alias) -> None:
        """Forget the refusal of an alias that now names no version, or one that serves."""
        self._refused.pop(alias, None)

    def report(self) -> list[dict[str, str]]:
        """The refusals as `/health` shows them, one for each alias."""
        return [
            {"alias": alias, "version": refused.version.version, "reason": refused.reason, "error": refused.error}
            for alias, refused in self._refused.items()
        ]
