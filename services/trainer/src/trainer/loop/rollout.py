"""A canary's next step: more traffic, all of it, none, or wait. The decision is pure; the evidence is Prometheus's."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from trainer.loop.prometheus import VersionFigures, Watch
from trainer.loop.weighing import Evidence, decisive
from trainer.registry import moves
from trainer.registry.control import CANARY, PRODUCTION, ControlPlane, State, Version
from trainer.registry.moves import Move
from trainer.registry.tags import read_time
from trainer.thresholds import Rollout

Action = Literal["none", "hold", "step", "promote", "back"]
LONGEST_WINDOW = 24 * 3600.0
ALERT = "CanaryWorse"
"""While it fires no canary gets more traffic: the rules and the rollout do not contradict each other."""
MOST_ODDS = 1_000_000


@dataclass(frozen=True)
class Decision:
    """The next action for the canary, and why."""

    action: Action
    why: str
    percent: float = 0.0
    """The canary's share of the traffic from now on; 100 is production."""


def step(plane: ControlPlane, model: str, watch: Watch, limits: Rollout) -> tuple[Decision, list[Move]]:
    """Look once: the decision, and the moves that carry it out. Raises RegistryError, ServiceUnreachableError."""
    state = plane.state(model)
    canary = state.aliased(CANARY)
    if canary is None:
        return Decision("none", "there is no canary"), []
    seconds = _seconds_since(canary)
    window = min(seconds, LONGEST_WINDOW)
    new = watch.served(canary.number, CANARY, window)
    old = watch.served(state.production.number, PRODUCTION, window)
    beside = ((canary.number, CANARY), (state.production.number, PRODUCTION))
    new_minutes, old_minutes = watch.minutes(beside, window)
    decision = decide(canary.percent, new, old, Evidence.of(new_minutes, old_minutes, limits), seconds, limits)
    if decision.action in ("step", "promote") and watch.fires(ALERT):
        decision = Decision("hold", f"the alert {ALERT} fires", canary.percent or 0.0)
    return decision, _moves(state, canary, decision)


def decide(
    percent: float | None,
    canary: VersionFigures,
    production: VersionFigures,
    evidence: Evidence,
    seconds: float,
    limits: Rollout,
) -> Decision:
    """`seconds` have passed since the canary was given its `percent` of the traffic; None where that is unknown."""
    if worse := _worse(canary, production, evidence, limits):
        return Decision("back", worse)
    if lacking := _lacking(canary, production, seconds, limits):
        if seconds > limits.patience_hours * 3600:
            return Decision("back", f"no evidence in {limits.patience_hours:g} hours: {lacking}")
        return Decision("hold", lacking, percent or 0.0)
    if percent is None:
        return Decision("hold", "its tag `percent` is not a share from 0 to 100; `canary` with a percentage sets it")
    fine = _in_words(canary, production, evidence, limits)
    following = next((share for share in limits.steps if share > percent), 100.0)
    return Decision("step", fine, following) if following < 100 else Decision("promote", fine, 100.0)


def _worse(canary: VersionFigures, production: VersionFigures, evidence: Evidence, limits: Rollout) -> str | None:
    """Why the canary must go: the evidence decides. Failures count from the first."""
    if evidence.failures >= decisive(limits):
        return f"{_failures(canary, production)}; {_weighed(evidence.failures, limits.failure_margin, limits)}"
    if evidence.accuracy >= decisive(limits):
        found = _accuracies(canary, production)
        return f"it was right {found}; {_weighed(evidence.accuracy, limits.accuracy_margin, limits)}"
    if limits.estimate_margin is not None and evidence.estimate >= decisive(limits):
        found = _estimated(evidence)
        return f"it is{found}, without labels; {_weighed(evidence.estimate, limits.estimate_margin, limits)}"
    if canary.asked >= limits.minimum_answers and _slower(canary.p99_least_ms, production.p99_most_ms, limits):
        return (
            f"its p99 is {canary.p99_ms:.1f} ms, at least {canary.p99_least_ms:.1f}; "
            f"production's {production.p99_ms:.1f} ms, at most {production.p99_most_ms:.1f}"
        )
    return None


def _weighed(found: float, margin: float, limits: Rollout) -> str:
    points = f"{margin * 100:g} points"
    return f"evidence that it is worse by more than {points}: {_ratio(found)}, {_ratio(decisive(limits))} decides"


def _ratio(found: float) -> str:
    return f"{found:.3g} to 1" if found < MOST_ODDS else f"over {MOST_ODDS} to 1"


def _fails_more(canary: VersionFigures, production: VersionFigures, limits: Rollout) -> bool:
    return canary.failure_ratio > production.failure_ratio + limits.failure_margin


def _failures(canary: VersionFigures, production: VersionFigures) -> str:
    return (
        f"{canary.failure_ratio:.1%} of its {canary.asked:.0f} requests failed, "
        f"of production's {production.failure_ratio:.1%}"
    )


def _slower(canary_ms: float | None, production_ms: float | None, limits: Rollout) -> bool:
    """Whether a p99 is worse than the limits allow; not where one was not measured."""
    if canary_ms is None or production_ms is None:
        return False
    return canary_ms > max(limits.latency_factor * production_ms, limits.latency_floor_ms)


def _lacking(canary: VersionFigures, production: VersionFigures, seconds: float, limits: Rollout) -> str | None:
    if canary.answered < limits.minimum_answers:
        return f"{canary.answered:.0f} answers of the {limits.minimum_answers} that decide"
    if limits.needs_feedback and not _compared(canary, production, limits):
        return f"{canary.judged:.0f} of its answers have feedback, {limits.minimum_judged} of each decide"
    if worse := _worse_by_chance(canary, production, limits):
        return f"{worse}: chance explains it"
    if seconds < limits.step_minutes * 60:
        return f"watched for {seconds / 60:.1f} of {limits.step_minutes:g} minutes"
    return None


def _worse_by_chance(canary: VersionFigures, production: VersionFigures, limits: Rollout) -> str | None:
    """The figures that are worse than the limits allow; `_worse` has found no certainty in them."""
    compared = _compared(canary, production, limits)
    if compared and compared[0] < compared[1] - limits.accuracy_margin:
        return f"right {_accuracies(canary, production)}"
    if _fails_more(canary, production, limits):
        return _failures(canary, production)
    if _slower(canary.p99_ms, production.p99_ms, limits):
        return f"its p99 is {canary.p99_ms:.1f} ms, production's {production.p99_ms:.1f} ms"
    return None


def _compared(canary: VersionFigures, production: VersionFigures, limits: Rollout) -> tuple[float, float] | None:
    """Both accuracies, where both have enough feedback."""
    if min(canary.judged, production.judged) < limits.minimum_judged:
        return None
    return canary.correct / canary.judged, production.correct / production.judged


def _accuracies(canary: VersionFigures, production: VersionFigures) -> str:
    first, second = (f"{one.accuracy or 0:.1%} of {one.judged:.0f}" for one in (canary, production))
    return f"in {first}, production in {second}"


def _in_words(canary: VersionFigures, production: VersionFigures, evidence: Evidence, limits: Rollout) -> str:
    right = "no feedback" if canary.accuracy is None else f"right in {canary.accuracy:.1%} of {canary.judged:.0f}"
    if production.accuracy is not None:
        right += f", production in {production.accuracy:.1%}"
    weighed = f"evidence that it is worse: failures {_ratio(evidence.failures)}, accuracy {_ratio(evidence.accuracy)}"
    if limits.estimate_margin is not None:
        weighed += f", estimate {_ratio(evidence.estimate)}"
    estimated = _estimated(evidence)
    right += f",{estimated}" if estimated else ""
    return f"{canary.answered:.0f} answers, {canary.failed:.0f} failed, {right}; {weighed}"


def _estimated(evidence: Evidence) -> str:
    """Nothing where one of the two has no estimate."""
    canary, production = evidence.estimates
    if canary is None or production is None:
        return ""
    return f" estimated to be right in {canary:.1%}, production in {production:.1%}"


def _moves(state: State, canary: Version, decision: Decision) -> list[Move]:
    why = f"rollout: {decision.why}"
    match decision.action:
        case "step":
            return moves.canary(state, canary.number, decision.percent, why)
        case "promote":
            return moves.promote(state, canary.number, why)
        case "back":
            return [*moves.take_away(state, CANARY, why), *moves.challenge(state, canary.number, why)]
        case _:
            return []


def _seconds_since(canary: Version) -> float:
    """Since its share was set; where that was done by hand, since it was made."""
    began = read_time(canary.last_move(CANARY).get("at")) or datetime.fromtimestamp(canary.created, UTC)
    return max(0.0, (datetime.now(UTC) - began).total_seconds())
