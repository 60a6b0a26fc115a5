"""The retrainer's next action. Pure: time is an argument, in seconds."""

from dataclasses import dataclass, field
from typing import Literal

from trainer.thresholds import Loop

Trigger = Literal["alert", "schedule"]


@dataclass(frozen=True)
class Alert:
    """One alert of Alertmanager's webhook."""

    fingerprint: str
    starts_at: str
    name: str
    firing: bool


@dataclass(frozen=True)
class Reason:
    """Why a retraining is due."""

    trigger: Trigger
    why: str


@dataclass
class Agenda:
    """Alerts that wait for an answer, and when the last retraining ended."""

    limits: Loop
    started: float
    _waiting: dict[tuple[str, str], str] = field(default_factory=dict)
    _answered: dict[tuple[str, str], float] = field(default_factory=dict)
    _ended: float | None = None

    def take(self, alerts: list[Alert], now: float) -> int:
        """Note what fires and forget what is over; returns how many are new. One that was sent before is known."""
        new = 0
        for alert in alerts:
            key = (alert.fingerprint, alert.starts_at)
            if not alert.firing:
                self._waiting.pop(key, None)
            elif key not in self._waiting and not self._known(key, now):
                self._waiting[key] = alert.name
                new += 1
        return new

    def due(self, now: float) -> Reason | None:
        """The reason for a retraining, if one may start now."""
        if self._ended is not None and now - self._ended < self.limits.cooldown_minutes * 60:
            return None
        if self._waiting:
            return Reason("alert", f"alert {', '.join(sorted(set(self._waiting.values())))}")
        last = self.started if self._ended is None else self._ended
        if self.limits.schedule_hours and now - last >= self.limits.schedule_hours * 3600:
            return Reason("schedule", f"every {self.limits.schedule_hours:g} hours")
        return None

    def ended(self, now: float, *, good: bool) -> None:
        """A retraining is over. Waiting requests are answered; where it failed, the alert may ask again."""
        self._ended = now
        if good:
            self._answered |= dict.fromkeys(self._waiting, now)
        self._waiting.clear()
        kept = self.limits.repeat_hours * 3600
        self._answered = {key: at for key, at in self._answered.items() if now - at < kept}

    @property
    def waiting(self) -> list[str]:
        """Names of the alerts that wait."""
        return sorted(set(self._waiting.values()))

    def _known(self, key: tuple[str, str], now: float) -> bool:
        answered = self._answered.get(key)
        return answered is not None and now - answered < self.limits.repeat_hours * 3600
