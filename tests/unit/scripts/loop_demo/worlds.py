"""A platform of the loop demo in memory, with a clock that goes as far as it is waited for, and its listener."""

from dataclasses import dataclass, field
from typing import Any

from scripts.loop_demo.readings import Alerting
from scripts.loop_demo.story import Step

CANARY_ENDED = 'retrains_total{outcome="canary",trigger="alert"}'
REFUSED_ENDED = 'retrains_total{outcome="refused",trigger="alert"}'
TAKEN = 'retrain_alerts_total{kind="new"}'


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Teller:
    waits: list[str] = field(default_factory=list)
    happenings: list[tuple[str, float]] = field(default_factory=list)

    def waiting(self, step: Step, seconds: float, seen: str) -> None:
        self.waits.append(seen)

    def happened(self, step: Step, since_start: float, took: float, seen: str) -> None:
        self.happenings.append((step.name, since_start))


@dataclass
class World:
    """A platform in which the loop takes its course, a reading at a time."""

    accuracies: float | None = 0.97
    psis: dict[str, float] = field(default_factory=lambda: {"1": 0.05})
    thresholds: float | None = 0.45
    alerts: Alerting = field(default_factory=lambda: Alerting((), ()))
    aliases: dict[str, tuple[str, dict[str, str]]] = field(default_factory=lambda: {"production": ("1", {})})
    doing: str | None = None
    counters: dict[str, float] = field(default_factory=lambda: {TAKEN: 2.0, CANARY_ENDED: 1.0})
    feedback: int = 0

    def accuracy(self, version: str | None = None) -> float | None:
        return self.accuracies

    def psi(self, version: str) -> float | None:
        return self.psis.get(version)

    def threshold(self, version: str) -> float | None:
        return self.thresholds

    def drift(self) -> Alerting:
        return self.alerts

    def alias(self, name: str) -> tuple[str, dict[str, str]] | None:
        return self.aliases.get(name)

    def retrainer(self) -> dict[str, Any]:
        return {"doing": self.doing}

    def retrainings(self) -> dict[str, float]:
        return dict(self.counters)

    def truths(self, source: str) -> int:
        return self.feedback
