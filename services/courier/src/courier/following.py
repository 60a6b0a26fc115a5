"""From the registry to the serving directory: resolve the aliases, bring the bundles, then write the policy."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

from structlog.typing import FilteringBoundLogger

from courier.bundles import Bundles
from courier.errors import BundleRefusedError, RegistryUnavailableError
from courier.metrics import Metrics
from courier.moves import Moves
from courier.policy import ALIASES, Alias, Policy, PolicyFile, Slot
from courier.registry import ModelVersion, Registry
from courier.tags import slot_of

# A bundle that was refused is not fetched again at every poll; somebody may mend it, so it is not given up either.
REFUSED_AGAIN_SECONDS = 60.0


class Following:
    """Follows a model's aliases.

    If the registry is unreachable, does not know the model, or names a version that can't be served, the current model
    keeps serving. See docs/decisions/0022.
    """

    def __init__(
        self,
        registry: Registry,
        serving_dir: Path,
        model: str,
        metrics: Metrics,
        log: FilteringBoundLogger,
        *,
        poll_seconds: float,
        keep_bundles: int,
        moves: Moves | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._registry = registry
        self._serving_dir = serving_dir
        self._bundles = Bundles(serving_dir / "bundles")
        self._policy = PolicyFile(serving_dir)
        self._model = model
        self._metrics = metrics
        self._log = log
        self._poll_seconds = poll_seconds
        self._keep_bundles = keep_bundles
        self._moves = moves
        self._clock = clock
        self._refused: dict[Alias, tuple[ModelVersion, float]] = {}
        self._production_missing = False
        self._registry_up: bool | None = None

    @property
    def registry_up(self) -> bool:
        """Whether the registry answered last time."""
        return bool(self._registry_up)

    def work(self) -> float:
        """Look once; returns the seconds to wait before the next look, with jitter so that couriers drift apart."""
        try:
            self.step()
        except RegistryUnavailableError as error:
            self._metrics.registry_polls.labels("unavailable").inc()
            self._note_registry(up=False, error=str(error))
        else:
            self._metrics.registry_polls.labels("success").inc()
            self._metrics.registry_last_success.set_to_current_time()
            self._note_registry(up=True)
        return self._poll_seconds * random.uniform(0.75, 1.25)  # noqa: S311 - jitter, no secret

    def step(self) -> None:
        """Bring the serving directory in line with the registry.

        Raises:
            RegistryUnavailableError: it did not answer all questions; the policy is as it was.
        """
        self._serving_dir.mkdir(parents=True, exist_ok=True)
        current = self._policy.read()
        if current is not None:
            self._metrics.policy_generation.set(current.generation)
        with self._metrics.registry_seconds.time():
            resolved = {alias: self._registry.resolve(self._model, alias) for alias in ALIASES}
        if not any(resolved.values()) and not self._registry.knows(self._model):
            self._production_missing = False
            return
        self._apply(current, resolved)
        if self._moves is not None:
            self._moves.record(resolved)

    def _apply(self, current: Policy | None, resolved: dict[Alias, ModelVersion | None]) -> None:
        slots: dict[Alias, Slot | None] = {}
        for alias, version in resolved.items():
            self._metrics.registry_alias_version.labels(alias).set(float(version.version) if version else 0)
            slot = slots[alias] = self._follow(alias, version, None if current is None else current.slot(alias))
            if slot is not None:
                self._metrics.expect_feedback(slot.version)
        if current is not None and current.model == self._model and slots == {a: current.slot(a) for a in ALIASES}:
            return
        if current is None and not any(slots.values()):
            return
        policy = self._policy.write(self._model, slots, current)
        self._metrics.policy_generation.set(policy.generation)
        self._log.info("policy written", **policy.model_dump(exclude={"format"}))
        for bundle in policy.bundles:
            self._bundles.touch(bundle)
        for bundle in self._bundles.prune(policy.bundles, self._keep_bundles):
            self._log.info("bundle deleted", bundle=bundle)

    def _follow(self, alias: Alias, version: ModelVersion | None, current: Slot | None) -> Slot | None:
        """The alias's slot: what the registry says where that can be served, else what it was."""
        if version is None:
            return self._vanished(alias, current)
        if alias == "production":
            self._production_missing = False
        refused, refused_at = self._refused.get(alias, (None, 0.0))
        if refused == version and self._clock() - refused_at < REFUSED_AGAIN_SECONDS:
            return current
        try:
            slot = slot_of(alias, version)
            if not self._bundles.has(slot.bundle):
                self._install(version, slot.bundle)
        except BundleRefusedError as error:
            self._refused[alias] = (version, self._clock())
            self._metrics.bundles_refused.labels(error.reason).inc()
            self._log.error(
                "version refused", alias=alias, version=version.version, reason=error.reason, error=str(error)
            )
            return current
        return slot

    def _vanished(self, alias: Alias, current: Slot | None) -> Slot | None:
        if alias != "production" or current is None:
            return None
        # Some tools move an alias by deleting and setting it: production must be missing twice running to be empty.
        if self._production_missing:
            self._log.warning("alias production was removed; nothing serves from now on", was=current.version)
            return None
        self._production_missing = True
        return current

    def _install(self, version: ModelVersion, bundle: str) -> None:
        started = self._clock()
        listed = self._registry.list_files(version)
        self._bundles.install(bundle, listed, lambda name, into: self._registry.download(version, name, into))
        self._log.info(
            "bundle installed", version=version.version, bundle=bundle, seconds=round(self._clock() - started, 3)
        )

    def _note_registry(self, *, up: bool, error: str | None = None) -> None:
        if up is self._registry_up:
            return
        self._registry_up = up
        if up:
            self._log.info("registry answers")
        else:
            self._log.warning("registry does not answer; what serves goes on serving", error=error)
