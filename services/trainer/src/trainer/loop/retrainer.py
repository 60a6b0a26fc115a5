"""`loop`: retrains when an alert or the schedule asks for it, and takes canaries step by step; until it is stopped."""

import math
import time
from collections.abc import Callable
from threading import Condition
from typing import Any, Protocol

from trainer.loop.agenda import Agenda, Alert, Reason
from trainer.loop.metrics import Metrics
from trainer.thresholds import Loop


class Runs(Protocol):
    """Starts verbs; see `Children`."""

    def run(self, *verb: str, seconds: float) -> dict[str, Any] | None: ...

    def stop(self) -> None: ...


class Retrainer:
    """One thing at a time: a retraining, or a look at the canary. `canary` says whether there is one."""

    def __init__(
        self,
        limits: Loop,
        runs: Runs,
        canary: Callable[[], bool],
        metrics: Metrics,
        say: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limits = limits
        self._runs = runs
        self._canary = canary
        self._metrics = metrics
        self._say = say
        self._clock = clock
        self._agenda = Agenda(limits, clock())
        self._looked = float("-inf")
        # The first look is an hour after the start.
        self._looked_for_drift = clock() + 3600 * (1 - limits.drift_hours)
        self._changed = Condition()
        self._stopping = False
        self._doing: str | None = None
        # Not 0: who has just started is not overdue.
        metrics.last_success.set_to_current_time()

    def take(self, alerts: list[Alert]) -> int:
        """From the webhook, in its threads; returns how many alerts are new."""
        with self._changed:
            new = self._agenda.take(alerts, self._clock())
            self._metrics.alerts.labels("new").inc(new)
            self._metrics.alerts.labels("known").inc(len(alerts) - new)
            self._changed.notify()
        if new:
            self._say(f"alerts ask for a retraining: {', '.join(self._agenda.waiting)}")
        return new

    def report(self) -> tuple[bool, dict[str, object]]:
        """For /health: it is well as long as it answers."""
        with self._changed:
            return True, {"ok": True, "doing": self._doing, "waiting": self._agenda.waiting}

    def stop(self) -> None:
        """End the work; from a signal's handler or another thread."""
        self._stopping = True
        self._runs.stop()

    def work(self) -> None:
        """Until `stop`."""
        while not self._stopping:
            self.turn()
            with self._changed:
                self._changed.wait(min(1.0, self._limits.rollout_seconds))

    def turn(self) -> None:
        """Do what is due, if anything is."""
        looked_at = self._clock()
        if looked_at - self._looked >= self._limits.rollout_seconds:
            self._looked = looked_at
            self._look_at_canary()
        hours = self._limits.drift_hours
        if hours and looked_at - self._looked_for_drift >= hours * 3600 and not self._stopping:
            self._looked_for_drift = looked_at
            self._look_for_drift()
        with self._changed:
            reason = self._agenda.due(self._clock())
        # One new model at a time: a canary on its way is decided first.
        if reason is not None and not self._stopping and not self._canary():
            self._retrain(reason)

    def _look_at_canary(self) -> None:
        if not self._canary():
            self._metrics.rollout_percent.set(0)
            return
        outcome = self._run("rollout", seconds=self._limits.timeout_minutes * 60)
        if outcome is None or outcome["action"] == "none":
            return
        self._metrics.rollout_steps.labels(outcome["action"]).inc()
        self._metrics.rollout_percent.set(outcome["percent"])

    def _look_for_drift(self) -> None:
        found = self._run("drift", seconds=self._limits.timeout_minutes * 60) or {}
        for gauge, name in ((self._metrics.joint_drift, "auc"), (self._metrics.joint_drift_low, "low")):
            gauge.set(math.nan if found.get(name) is None else found[name])

    def _retrain(self, reason: Reason) -> None:
        self._say(f"retraining: {reason.why}")
        self._metrics.running.set(1)
        result = self._run("retrain", "--why", reason.why, seconds=self._limits.timeout_minutes * 60)
        self._metrics.running.set(0)
        if self._stopping and result is None:
            return
        outcome = "failed" if result is None else str(result["outcome"]).replace("moved away", "unchanged")
        self._metrics.retrains.labels(reason.trigger, outcome).inc()
        if result is not None:
            self._metrics.last_success.set_to_current_time()
        with self._changed:
            self._agenda.ended(self._clock(), good=result is not None)
        self._say(f"retraining ended: {outcome}" + (f", version {result['version']}" if result else ""))

    def _run(self, *verb: str, seconds: float) -> dict[str, Any] | None:
        self._doing = verb[0]
        try:
            return self._runs.run(*verb, seconds=seconds)
        finally:
            self._doing = None
