"""An alias that the registry no longer has: an order to stop, or an accident. See docs/decisions/0022."""

from __future__ import annotations

from structlog.typing import FilteringBoundLogger

from courier.following.policy import Alias, PolicyEntry
from courier.following.registry import Registry
from courier.metrics import Metrics


class AbsentAliases:
    """Decides what serves under an alias that names nothing."""

    def __init__(self, registry: Registry, model: str, metrics: Metrics, log: FilteringBoundLogger) -> None:
        self._registry = registry
        self._model = model
        self._metrics = metrics
        self._log = log
        self._production_missing = False
        self.deleted_version: str | None = None
        """The version that serves although it was deleted from the registry."""

    def is_named(self, alias: Alias) -> None:
        """The alias names a version, whichever."""
        if alias == "production":
            self._production_missing = False
            self._note_deleted(None)

    def model_is_gone(self) -> None:
        """The registry does not know the model at all, which says nothing about its aliases."""
        self._production_missing = False

    def entry(self, alias: Alias, current: PolicyEntry | None) -> PolicyEntry | None:
        """The entry of an alias that names nothing; `current` is the one that it had.

        Raises:
            RegistryUnavailableError: whether production's version was deleted could not be asked.
        """
        if alias != "production" or current is None:
            return None
        if self._registry.version(self._model, current.version) is None:
            # MLflow removes a version's aliases with it: nobody asked for production to be empty.
            self._note_deleted(current.version)
            return current
        self._note_deleted(None)
        # Some tools move an alias by deleting and setting it: production must be missing twice running to be empty.
        if self._production_missing:
            self._log.warning("alias production was removed; nothing serves from now on", was=current.version)
            return None
        self._production_missing = True
        return current

    def _note_deleted(self, version: str | None) -> None:
        if version is not None and version != self.deleted_version:
            self._log.error("the served version was deleted from the registry; it goes on serving", version=version)
        self.deleted_version = version
        self._metrics.following.served_version_deleted.set(version is not None)
