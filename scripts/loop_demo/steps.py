"""The loop, step by step: what has to be seen for each to have happened."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from scripts.loop_demo.readings import Alerting
from scripts.loop_demo.story import Observation, Step, StepImpossibleError

FALL, NEAR = 0.4, 0.05
"""Live accuracy has fallen when it is so much lower than before, and is back when it is at most so much lower."""
ENOUGH_TRUTHS = 100


class Readings(Protocol):
    """The readings of `PlatformReadings` that are needed here."""

    def accuracy(self, version: str | None = None) -> float | None: ...

    def psi(self, version: str) -> float | None: ...

    def threshold(self, version: str) -> float | None: ...

    def drift(self) -> Alerting: ...

    def alias(self, name: str) -> tuple[str, dict[str, str]] | None: ...

    def retrainer(self) -> dict[str, Any]: ...

    def retrainings(self) -> dict[str, float]: ...

    def truths(self, source: str) -> int: ...


@dataclass
class Loop:
    """`old` served when the demo began; `move_world` lets the traffic come from elsewhere."""

    readings: Readings
    old: str
    source: str
    move_world: Callable[[], None]
    before: dict[str, float]
    """The retrainer's counters when the demo began."""
    calm: float = 0.0
    new: str = ""
    truths_before: int | None = None
    """Labelled answers in the store when the world moved; None before that."""

    def steps(self) -> list[Step]:
        api, rules, retrainer = ("api", "courier"), ("prometheus", "courier"), ("retrainer",)
        return [
            Step(f"version {self.old} answers the world it was trained on", 150, rules, self._calm, "the world moves"),
            Step("the world moves, and the model is wrong in it", 90, api, self._wrong, "the model is wrong"),
            Step("the truth about it is in the store", 60, api, self._truth_stored, "truth arrives"),
            Step("PSI says that the world has moved", 240, rules, self._drifted, "PSI above its threshold"),
            Step("a PSI alert fires", 300, rules, self._fires, "PSI alert fires"),
            Step("Alertmanager calls the retrainer, which trains", 180, ("alertmanager", "retrainer"), self._called,
                 "retraining"),
            Step("the new model passes the gate and is canary", 240, retrainer, self._canary, "gate → canary"),
            Step("the canary is promoted", 180, retrainer, self._promoted, "promoted"),
            Step("live accuracy is back", 90, api, self._right, "accuracy back"),
            Step("no PSI alert fires any more: the new version's bins fit", 360, rules, self._cleared, "PSI clears"),
        ]  # fmt: skip

    def _calm(self) -> Observation:
        accuracy, psi, threshold = (
            self.readings.accuracy(),
            self.readings.psi(self.old),
            self.readings.threshold(self.old),
        )
        text = f"right in {_share(accuracy)}, PSI {_number(psi)}"
        if accuracy is None or psi is None or threshold is None:
            return Observation(done=False, text=text)
        self.calm = accuracy
        if psi > threshold:
            raise StepImpossibleError(f"PSI is {psi:.2f} already: this stack has seen another world within the hour")
        return Observation(done=True, text=text)

    def _wrong(self) -> Observation:
        if self.truths_before is None:
            self.truths_before = self.readings.truths(self.source)
            self.move_world()
        accuracy = self.readings.accuracy()
        return Observation(accuracy is not None and accuracy < self.calm - FALL, f"right in {_share(accuracy)}")

    def _truth_stored(self) -> Observation:
        count = self.readings.truths(self.source) - (self.truths_before or 0)
        return Observation(count >= ENOUGH_TRUTHS, f"{count} labelled answers since it moved")

    def _drifted(self) -> Observation:
        psi, threshold = self.readings.psi(self.old), self.readings.threshold(self.old)
        return Observation(
            psi is not None and threshold is not None and psi > threshold,
            f"PSI {_number(psi)} of version {self.old}, threshold {_number(threshold)}",
        )

    def _fires(self) -> Observation:
        found = self.readings.drift()
        pending = f"pending: {_names(found.pending)}; " if found.pending else ""
        return Observation(bool(found.firing), f"{pending}firing: {_names(found.firing)}")

    def _called(self) -> Observation:
        new = 'retrain_alerts_total{kind="new"}'
        taken = self.readings.retrainings().get(new, 0) - self.before.get(new, 0)
        health = self.readings.retrainer()
        trains = health["doing"] == "retrain" or self._ended() is not None
        return Observation(
            taken > 0 and trains, f"{taken:.0f} new from Alertmanager, doing {health['doing'] or 'nothing'}"
        )

    def _canary(self) -> Observation:
        outcome, canary = self._ended(), self.readings.alias("canary")
        if outcome is None:
            return Observation(done=False, text="training")
        if outcome not in ("canary", "promoted"):
            challenger = self.readings.alias("challenger")
            why = "" if challenger is None else f"; version {challenger[0]}: {challenger[1].get('gate.reasons', '')}"
            raise StepImpossibleError(f"the retraining ended as {outcome}{why}")
        # A quick rollout may be through before anybody looked.
        found = canary or self.readings.alias("production")
        if found is None or found[0] == self.old:
            return Observation(done=False, text="the retraining ended; no canary in the registry yet")
        self.new, tags = found
        verdict = tags.get("gate.verdict", "none")
        return Observation(
            verdict == "passed", f"version {self.new}, gate {verdict}, {tags.get('percent', '?')} % of the traffic"
        )

    def _promoted(self) -> Observation:
        production, canary = self.readings.alias("production"), self.readings.alias("canary")
        if production is not None and production[0] == self.new:
            return Observation(done=True, text=f"version {self.new} is production")
        if canary is None:
            raise StepImpossibleError(f"version {self.new} was taken back by the rollout (make history says why)")
        accuracy = _share(self.readings.accuracy(self.new))
        return Observation(done=False, text=f"{canary[1].get('percent', '?')} % of the traffic, right in {accuracy}")

    def _right(self) -> Observation:
        accuracy = self.readings.accuracy()
        return Observation(accuracy is not None and accuracy >= self.calm - NEAR, f"right in {_share(accuracy)}")

    def _cleared(self) -> Observation:
        found, psi, threshold = self.readings.drift(), self.readings.psi(self.new), self.readings.threshold(self.new)
        text = (
            f"PSI {_number(psi)} of version {self.new}, threshold {_number(threshold)}, "
            f"pending: {_names(found.pending)}, firing: {_names(found.firing)}"
        )
        fits = psi is not None and threshold is not None and psi <= threshold
        return Observation(fits and not found.firing and not found.pending, text)

    def _ended(self) -> str | None:
        """How the retraining that an alert began has ended; None while it has not."""
        for name, value in self.readings.retrainings().items():
            if name.startswith("retrains_total{") and 'trigger="alert"' in name and value > self.before.get(name, 0):
                return name.split('outcome="')[1].split('"')[0]
        return None


def _share(value: float | None) -> str:
    return "not measured yet" if value is None else f"{value:.0%}"


def _number(value: float | None) -> str:
    return "not measured yet" if value is None else f"{value:.2f}"


def _names(found: tuple[str, ...]) -> str:
    return ", ".join(found) or "none"
