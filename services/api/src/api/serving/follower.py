"""Follows policy.json: loads what it names, beside what serves, and swaps when it has proved itself."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path

import structlog

from api.bundle.prover import Proving
from api.errors import BundleRefusedError, PolicyUnreadableError
from api.serving.counted_out import CountedOut
from api.serving.last_served import LastServed
from api.serving.loading import Loader
from api.serving.policy import Policy, PolicyEntry, Variant, read_policy
from api.serving.refusal import Refusal, refusal_after
from api.serving.served_models import ServedModels
from api.serving.traffic import Traffic
from api.serving.worker_readiness import Readiness
from api.telemetry.metrics import Metrics

log = structlog.stdlib.get_logger(__name__)


class PolicyFollower:
    """Keeps the served models as the policy names them.

    ``step`` is one look at the policy and never raises for what it finds; ``settled`` is set after the first.

    ``followed`` says whether the other workers have production, too: each looks for itself, so a look after this one's
    first model they have, and then any worker gives the same answer.
    """

    def __init__(
        self,
        serving: Path,
        models: ServedModels,
        traffic: Traffic,
        metrics: Metrics,
        last: LastServed,
        counted_out: CountedOut,
        *,
        max_rows: int,
        prover: Proving,
        executor: Executor,
        set_readiness: Callable[[Readiness], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._serving = serving
        self._models = models
        self._traffic = traffic
        self._metrics = metrics
        self._last = last
        self._counted_out = counted_out
        self._loader = Loader(serving, models, metrics, max_rows=max_rows, prover=prover, executor=executor)
        self._set_readiness = set_readiness
        self._clock = clock
        self._chosen: PolicyEntry | None = None
        self.refusals: dict[Variant, Refusal] = {}
        self._unreadable: str | None = None
        self.settled = asyncio.Event()
        self.followed = False

    async def step(self) -> None:
        # A worker that finds its model at its first look has taken the place of one, beside others that serve.
        looked_before = not self.settled.is_set() or self._has_production()
        try:
            await self._step()
        finally:
            self._set_readiness(self._level())
            self.followed = looked_before and self._has_production()
            self.settled.set()

    async def _step(self) -> None:
        policy = self._read()
        if policy is None:
            return
        self._chosen = policy.production
        self._traffic.settle(policy.canary)
        self._counted_out.look()
        self._counted_out.forget([choice for choice in policy.choices().values() if choice is not None])
        for variant, choice in policy.choices().items():
            if choice is None:
                self.refusals.pop(variant, None)
                if self._models.get(variant) is not None:
                    self._models.clear(variant)
                    log.info("model withdrawn", variant=variant, generation=policy.generation)
            elif variant != "production" and choice in self._counted_out:
                self._count_out(variant, choice)
            elif self._serves(variant, choice):
                self._models.judge(variant, choice.verdict)
            elif not self._pausing(variant, choice):
                await self._follow(variant, choice, policy.generation)
            # Nothing was awaited since the models changed, so no request sees them without their shares.
            self._traffic.settle(policy.canary)

    def _count_out(self, variant: Variant, choice: PolicyEntry) -> None:
        """A version that took too long in service stops to serve, where production does well without it."""
        if self._models.get(variant) is None:
            return
        self._models.clear(variant)
        self._metrics.policy.swaps.labels(variant, "refused", "overrun").inc()
        log.error("version counted out: it took too long in service", variant=variant, version=choice.version)

    def _has_production(self) -> bool:
        return self._models.get("production") is not None

    def _level(self) -> Readiness:
        if not self._has_production():
            return Readiness.NOTHING
        chosen = self._chosen is not None and self._serves("production", self._chosen)
        return Readiness.CHOSEN if chosen else Readiness.FALLBACK

    def _read(self) -> Policy | None:
        try:
            policy = read_policy(self._serving / "policy.json")
        except PolicyUnreadableError as error:
            if str(error) != self._unreadable:
                self._unreadable = str(error)
                self._metrics.policy.swaps.labels("production", "refused", "policy").inc()
                log.error("policy is not readable, nothing changes", error=str(error))
            return None
        self._unreadable = None
        return policy

    def _serves(self, variant: Variant, choice: PolicyEntry) -> bool:
        model = self._models.get(variant)
        return model is not None and (model.version, model.bundle.hash) == (choice.version, choice.bundle)

    def _pausing(self, variant: Variant, choice: PolicyEntry) -> bool:
        """Whether to leave a refused choice alone for now. Files that changed are tried at once: it may be mended."""
        refused = self.refusals.get(variant)
        if refused is None or refused.choice != choice or self._clock() >= refused.next_try:
            return False
        return refused.files == self._loader.state(choice.bundle)

    async def _follow(self, variant: Variant, choice: PolicyEntry, generation: int) -> None:
        started, files = self._clock(), self._loader.state(choice.bundle)
        try:
            model = await self._loader.load(variant, choice)
        except Exception as error:
            reason = error.reason if isinstance(error, BundleRefusedError) else "error"
            self._refused(variant, choice, files, reason, error)
            if variant == "production" and self._models.get("production") is None:
                await self._go_back(choice)
            return
        self.refusals.pop(variant, None)
        self._models.put(model)
        if variant == "production":
            self._last.write(choice.version, choice.bundle)
        self._metrics.policy.swaps.labels(variant, "done", "none").inc()
        log.info(
            "model serves",
            variant=variant,
            version=choice.version,
            bundle=choice.bundle,
            generation=generation,
            seconds=round(self._clock() - started, 3),
        )

    async def _go_back(self, refused: PolicyEntry) -> None:
        """Serve the newest earlier production that is still good, and go on looking for the chosen one."""
        for last in self._last.read():
            if last.bundle == refused.bundle:
                continue
            try:
                model = await self._loader.load("production", last)
            except Exception as error:
                log.error("an earlier production can't be loaded either", version=last.version, error=str(error))
                continue
            self._models.put(model)
            log.warning("an earlier production serves", version=last.version, refused=refused.version)
            return

    def _refused(self, variant: Variant, choice: PolicyEntry, files: str, reason: str, error: Exception) -> None:
        """Try the same choice again later, each time later, or as soon as its files change."""
        known = refusal_after(self.refusals.get(variant), choice, reason, files, self._clock())
        self.refusals[variant] = known
        self._metrics.policy.swaps.labels(variant, "refused", reason).inc()
        log.error(
            "bundle refused, what was serving goes on serving",
            variant=variant,
            version=choice.version,
            bundle=choice.bundle,
            reason=reason,
            error=str(error),
            next_try_seconds=known.pause,
        )
