"""Brings a version's bundle from the registry into the serving directory, within the time of one look."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from structlog.typing import FilteringBoundLogger

from courier.errors import BundleRefusedError
from courier.following.bundles import Bundles
from courier.following.policy import PolicyEntry
from courier.following.registry import ModelVersion, Registry
from courier.metrics import Metrics

# A bundle that was refused is not fetched again at every poll; somebody may mend it, so it is not given up either.
REFUSED_AGAIN_SECONDS = 60.0

# The time that a file may take: more for more bytes, so that a slow transfer is given up soon.
FILE_SECONDS = 15.0
SLOWEST_BYTES_PER_SECOND = 512 * 1024


class Installer:
    """Installs bundles of `model`; all that one look at the registry installs has `seconds` from `start`."""

    def __init__(
        self,
        registry: Registry,
        bundles: Bundles,
        model: str,
        metrics: Metrics,
        log: FilteringBoundLogger,
        *,
        seconds: float,
        clock: Callable[[], float],
    ) -> None:
        self._registry = registry
        self._bundles = bundles
        self._model = model
        self._metrics = metrics
        self._log = log
        self._seconds = seconds
        self._clock = clock
        self._ends = 0.0
        self._unmended: dict[str, float] = {}

    def start(self) -> None:
        """A look at the registry starts."""
        self._ends = self._clock() + self._seconds

    def install(self, version: ModelVersion, bundle: str) -> None:
        """Fetch and check the bundle, unless it is there. Raises BundleRefusedError, RegistryUnavailableError."""
        if self._bundles.has(bundle):
            return
        started = self._clock()
        listed = self._registry.list_files(version)

        def fetch(name: str, to: Path, most: int) -> None:
            seconds = min(FILE_SECONDS + most / SLOWEST_BYTES_PER_SECOND, self._ends - self._clock())
            if seconds <= 0:
                raise BundleRefusedError("deadline", f"{name}: this look at the registry has taken all of its time")
            self._registry.download(version, name, to, most=most, seconds=seconds)

        self._bundles.install(bundle, listed, fetch)
        self._log.info(
            "bundle installed", version=version.version, bundle=bundle, seconds=round(self._clock() - started, 3)
        )

    def mend(self, entry: PolicyEntry | None) -> None:
        """Fetch the bundle of an entry that stays as it is, when it is damaged and the alias names another version."""
        if entry is None or self._bundles.has(entry.bundle):
            return
        if self._clock() - self._unmended.get(entry.bundle, -REFUSED_AGAIN_SECONDS) < REFUSED_AGAIN_SECONDS:
            return
        self._unmended = {entry.bundle: self._clock()}
        version = self._registry.version(self._model, entry.version)
        try:
            if version is not None and version.tags.get("bundle") == entry.bundle:
                self.install(version, entry.bundle)
        except BundleRefusedError as error:
            self._metrics.following.bundles_refused.labels(error.reason).inc()
            self._log.error("bundle not mended", version=entry.version, reason=error.reason, error=str(error))
