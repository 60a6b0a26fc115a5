"""Follows the registry: resolves the aliases, brings the bundles, then writes the policy."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

from structlog.typing import FilteringBoundLogger

from courier.errors import BundleRefusedError, RegistryUnavailableError
from courier.following.absent_aliases import AbsentAliases
from courier.following.aliases import AliasFile, NamedVersion, reason
from courier.following.api_proofs import ApiProofs
from courier.following.bundles import Bundles
from courier.following.history import MoveHistory
from courier.following.inspection import Inspection
from courier.following.installer import Installer
from courier.following.policy import ALIASES, Alias, Policy, PolicyEntry, PolicyFile
from courier.following.refusals import Refusals
from courier.following.registry import ModelVersion, Registry
from courier.following.segments import read_manifest, segments_in
from courier.following.tags import entry_of
from courier.metrics import Metrics


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
        deadline_seconds: float = 150,
        bundle_check_seconds: float = 300,
        moves: MoveHistory | None = None,
        api_proofs: ApiProofs | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._registry = registry
        self._serving_dir = serving_dir
        self._bundles = Bundles(serving_dir / "bundles", recheck_seconds=bundle_check_seconds, clock=clock)
        self._policy = PolicyFile(serving_dir)
        self._aliases = AliasFile(serving_dir)
        self._named: dict[Alias, str] = {}
        self._expecting: dict[str, str] = {}
        self._model = model
        self._metrics = metrics
        self._log = log
        self._poll_seconds = poll_seconds
        self._keep_bundles = keep_bundles
        self._moves = moves
        self._installer = Installer(registry, self._bundles, model, metrics, log, seconds=deadline_seconds, clock=clock)
        self._inspection = Inspection(self._bundles, metrics, log, api_proofs)
        self._refusals = Refusals(metrics, log, clock)
        self._absent = AbsentAliases(registry, model, metrics, log)
        self.report: dict[str, object] = {}
        """The state of the policy's bundles, for `/health`; replaced as a whole at each look."""
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
            self._metrics.following.registry_polls.labels("unavailable").inc()
            self._note_registry(up=False, error=str(error))
        else:
            self._metrics.following.registry_polls.labels("success").inc()
            self._metrics.following.registry_last_success.set_to_current_time()
            self._note_registry(up=True)
        finally:
            self.report = self._report()
        return self._poll_seconds * random.uniform(0.75, 1.25)  # noqa: S311 - jitter, no secret

    def step(self) -> None:
        """Bring the serving directory in line with the registry.

        Raises:
            RegistryUnavailableError: it did not answer all questions; the policy is as it was.
        """
        self._installer.start()
        self._serving_dir.mkdir(parents=True, exist_ok=True)
        current = self._policy.read()
        self._inspection.doubt(current)
        if current is not None:
            self._metrics.following.policy_generation.set(current.generation)
        with self._metrics.following.registry_seconds.time():
            resolved = {alias: self._registry.resolve(self._model, alias) for alias in ALIASES}
        if not any(resolved.values()) and not self._registry.knows(self._model):
            self._absent.model_is_gone()
            return
        self._apply(current, resolved)
        self._tell_aliases(resolved)
        if self._moves is not None:
            self._moves.record(resolved)

    def _apply(self, current: Policy | None, resolved: dict[Alias, ModelVersion | None]) -> None:
        entries: dict[Alias, PolicyEntry | None] = {}
        for alias, version in resolved.items():
            self._metrics.following.registry_alias_version.labels(alias).set(float(version.version) if version else 0)
            entry = entries[alias] = self._follow(alias, version, None if current is None else current.entry(alias))
            self._installer.mend(entry)
            self._metrics.following.policy_alias_version.labels(alias).set(float(entry.version) if entry else 0)
            if entry is not None:
                self._metrics.landing.expect_feedback(entry.version)
                self._expect_segments(entry)
        if current is not None and current.model == self._model and entries == {a: current.entry(a) for a in ALIASES}:
            return
        if current is None and not any(entries.values()):
            return
        policy = self._policy.write(self._model, entries, current)
        self._metrics.following.policy_generation.set(policy.generation)
        self._log.info("policy written", **policy.model_dump(exclude={"format"}))
        for bundle in policy.bundles:
            self._bundles.touch(bundle)
        for bundle in self._bundles.prune(policy.bundles, self._keep_bundles):
            self._log.info("bundle deleted", bundle=bundle)

    def _expect_segments(self, entry: PolicyEntry) -> None:
        """Once for each version and bundle, as soon as the bundle is on the disk."""
        if self._expecting.get(entry.version) == entry.bundle:
            return
        manifest = read_manifest(self._serving_dir / "bundles", entry.bundle)
        if manifest is not None:
            self._metrics.landing.expect_segments(entry.version, segments_in(manifest))
            self._expecting[entry.version] = entry.bundle

    def _tell_aliases(self, resolved: dict[Alias, ModelVersion | None]) -> None:
        """Say what each alias names and why it was refused, for people who look at the api."""
        named: dict[Alias, NamedVersion | None] = {}
        for alias, version in resolved.items():
            if version is None:
                named[alias] = None
                continue
            why = self._refusals.why(alias, version)
            named[alias] = NamedVersion(version=version.version, refused=None if why is None else reason(why))
        self._aliases.write(self._model, named)
        self._named = {alias: version.version for alias, version in resolved.items() if version}

    def _follow(self, alias: Alias, version: ModelVersion | None, current: PolicyEntry | None) -> PolicyEntry | None:
        """The alias's entry: what the registry says where that can be served, else what it was."""
        if version is None:
            self._refusals.forget(alias)
            return self._absent.entry(alias, current)
        self._absent.is_named(alias)
        if self._refusals.stands(alias, version):
            return current
        try:
            entry = entry_of(alias, version, self._model)
            self._installer.install(version, entry.bundle)
        except BundleRefusedError as error:
            self._refusals.note(alias, version, error)
            return current
        self._refusals.forget(alias)
        return entry

    def _report(self) -> dict[str, object]:
        policy = self._policy.read()
        entries = {alias: policy.entry(alias) if policy else None for alias in ALIASES}
        return {
            **self._inspection.report(policy),
            "aliases": {
                alias: {"names": self._named.get(alias), "serves": entry.version if entry else None}
                for alias, entry in entries.items()
            },
            "refused": self._refusals.report(),
            "deleted_version": self._absent.deleted_version,
        }

    def _note_registry(self, *, up: bool, error: str | None = None) -> None:
        if up is self._registry_up:
            return
        self._registry_up = up
        if up:
            self._log.info("registry answers")
        else:
            self._log.warning("registry does not answer; what serves goes on serving", error=error)
