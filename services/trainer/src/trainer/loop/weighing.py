"""A canary's criteria weighed together: the evidence for each, and the odds that decide."""

from dataclasses import dataclass

from trainer.loop.evidence import odds
from trainer.loop.prometheus import MinuteFigures
from trainer.thresholds import Rollout

EXPECTED_FAILURES, EXPECTED_ERRORS = 0.01, 0.1
"""Production's rates before its first minutes are seen."""


@dataclass(frozen=True)
class Evidence:
    """Odds to 1 that the canary is worse than its margins allow; 1 is none (`trainer.loop.evidence`)."""

    failures: float = 1.0
    accuracy: float = 1.0
    estimate: float = 1.0
    """The evidence from the accuracy without labels; 1 where `estimate_margin` is not set."""
    estimates: tuple[float | None, float | None] = None, None
    """The canary's estimated accuracy and production's, to be shown."""

    @classmethod
    def of(cls, canary: MinuteFigures, production: MinuteFigures, limits: Rollout) -> "Evidence":
        return cls(
            odds(canary.requests, production.requests, limits.failure_margin, limits.drop, EXPECTED_FAILURES),
            odds(canary.feedback, production.feedback, limits.accuracy_margin, limits.drop, EXPECTED_ERRORS),
            _estimate(canary, production, limits),
            (canary.estimated_accuracy, production.estimated_accuracy),
        )


def _estimate(canary: MinuteFigures, production: MinuteFigures, limits: Rollout) -> float:
    """Odds that the canary's estimated accuracy is lower by more than its margin."""
    if limits.estimate_margin is None:
        return 1.0
    return odds(canary.estimated, production.estimated, limits.estimate_margin, limits.drop, EXPECTED_ERRORS)


def decisive(limits: Rollout) -> float:
    """The odds that stop a canary: the criteria and each share that is watched divide `false_stops` among them."""
    criteria = 2 if limits.estimate_margin is None else 3
    return criteria * max(1, sum(share < 100 for share in limits.steps)) / limits.false_stops
