"""Simulated canaries, looked at as the retrainer looks: chance stops few, and a canary that is worse does not stay."""

from itertools import accumulate

import numpy as np
import pytest

from trainer.loop.evidence import Tally
from trainer.loop.latency_noise import quantile_bounds
from trainer.loop.prometheus import P99, MinuteFigures, VersionFigures
from trainer.loop.rollout import decide
from trainer.loop.weighing import Evidence
from trainer.params import Params
from trainer.thresholds import Rollout

LOOKS = 15
"""At growing evidence, as one share of the traffic is watched."""
CANARIES = 200
PER_LOOK = 80
"""Requests of the canary from one look to the next."""
BESIDE = 4
"""Times the canary's requests, those of production: a share of 20 %."""


def served(failed: int, times: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> VersionFigures:
    """What Prometheus would tell of requests that failed and of those answered in `times`, in milliseconds."""
    low, high = quantile_bounds(P99, len(times))
    middle, least, most = np.quantile(times, [P99, low, high]).tolist()
    rows = float(len(times))
    return VersionFigures(rows, rows, failed, middle, least, most, correct=0, incorrect=0)


def history(per_look: int, failed: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> MinuteFigures:
    """Requests look by look, and no feedback."""
    nothing = Tally(np.zeros(len(failed)), np.zeros(len(failed)))
    return MinuteFigures(Tally(np.full(len(failed), float(per_look)), failed.astype(float)), nothing)


def stopped(seed: int, limits: Rollout, *, failures: float = 0.0, production_failures: float = 0.0, slower: float = 1.0
            ) -> float:  # fmt: skip
    """The share of canaries that lose their traffic; times have a long tail, and `slower` stretches the canary's."""
    return sum(
        _stopped(np.random.default_rng((seed, number)), limits, failures, production_failures, slower)
        for number in range(CANARIES)
    ) / CANARIES  # fmt: skip


def _stopped(
    generator: np.random.Generator, limits: Rollout, failures: float, production_failures: float, slower: float
) -> bool:
    new, old = (generator.lognormal(1.5, 1.0, LOOKS * PER_LOOK * times) for times in (1, BESIDE))
    drawn = [
        generator.binomial(PER_LOOK * times, share, LOOKS)
        for times, share in ((1, failures), (BESIDE, production_failures))
    ]
    new_failed, old_failed = (list(accumulate(one.tolist())) for one in drawn)
    minutes = [history(PER_LOOK * times, failed) for times, failed in zip((1, BESIDE), drawn, strict=True)]
    # The evidence never falls: what the last look finds is all that an earlier one could have found.
    whole = Evidence.of(minutes[0], minutes[1], limits)
    for look in range(LOOKS):
        end = (look + 1) * PER_LOOK
        canary = served(new_failed[look], slower * new[: end - new_failed[look]])
        production = served(old_failed[look], old[: BESIDE * end - old_failed[look]])
        evidence = whole if look == LOOKS - 1 else Evidence()
        if decide(20, canary, production, evidence, 60.0 * (look + 1), limits).action == "back":
            return True
    return False


@pytest.mark.parametrize("share", [0.0, 0.002, 0.02, 0.2])
def test_at_most_one_canary_in_a_hundred_that_is_as_good_as_production_is_stopped(share: float, fast: Params) -> None:
    assert stopped(14, fast.rollout, failures=share, production_failures=share) <= 0.01


def test_a_comparison_without_an_interval_stops_most_of_them(fast: Params) -> None:
    def by_ratio(generator: np.random.Generator) -> bool:
        new, old = (generator.binomial(PER_LOOK * times, 0.02, LOOKS).cumsum() for times in (1, BESIDE))
        asked = PER_LOOK * np.arange(1, LOOKS + 1)
        late = asked >= fast.rollout.minimum_answers
        worse = new / asked > old / (BESIDE * asked) + fast.rollout.failure_margin
        return bool((worse & late).any())

    assert sum(by_ratio(np.random.default_rng((14, one))) for one in range(CANARIES)) > CANARIES / 3


@pytest.mark.parametrize(("failures", "slower"), [(0.08, 1.0), (0.5, 1.0), (0.0, 6.0)])
def test_a_canary_that_is_worse_is_stopped_in_nineteen_of_twenty_cases(
    failures: float, slower: float, fast: Params
) -> None:
    assert stopped(15, fast.rollout, failures=failures, slower=slower) >= 0.95


def test_the_quantile_of_nothing_lies_anywhere() -> None:
    assert quantile_bounds(P99, 0) == (0.0, 1.0)
