"""A worker's models without its server: what follows the policy, and what shares requests out."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from prometheus_client import CollectorRegistry

from api.bundle.proofs import files_state
from api.serving.counted_out import CountedOut
from api.serving.follower import PolicyFollower
from api.serving.last_served import LastServed
from api.serving.served_models import ServedModels
from api.serving.traffic import Traffic
from api.serving.worker_readiness import Readiness
from api.telemetry.metrics import Metrics


class NoProof:
    """In place of a proof in a process of its own: the worker reads the bundle by the same rules itself."""

    def __init__(self, serving: Path) -> None:
        self._bundles = serving / "bundles"

    def prove(self, bundle: str) -> None:
        pass

    def state(self, bundle: str) -> str:
        return files_state(self._bundles / bundle)

    def close(self) -> None:
        pass


class Rig:
    """A follower with its surroundings; ``look`` is one poll, ``drawn`` the random number of requests without a key."""

    def __init__(self, serving: Path, executor: ThreadPoolExecutor) -> None:
        self.serving = serving
        self.models = ServedModels()
        self.registry = CollectorRegistry()
        self.now = 0.0
        self.drawn = 0.0
        self.level = Readiness.NOTHING
        metrics = Metrics(self.registry)
        self.traffic = Traffic(self.models, metrics, draw=lambda: self.drawn)
        self.follower = PolicyFollower(
            serving,
            self.models,
            self.traffic,
            metrics,
            LastServed(serving.parent),
            CountedOut(serving.parent),
            max_rows=10,
            prover=NoProof(serving),
            executor=executor,
            set_readiness=lambda level: setattr(self, "level", level),
            clock=lambda: self.now,
        )

    def look(self) -> str | None:
        asyncio.run(self.follower.step())
        model = self.models.get("production")
        return model.version if model else None

    def refused(self, reason: str, variant: str = "production") -> float:
        labels = {"variant": variant, "outcome": "refused", "reason": reason}
        return self.registry.get_sample_value("model_swaps_total", labels) or 0.0
