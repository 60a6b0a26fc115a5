"""Simulated canaries, looked at as the retrainer looks: chance stops few, and a canary that is worse does not stay."""

import math
from itertools import accumulate

import numpy as np
import pytest

from trainer.loop.chance import CHANCE, explains_failures, quantile_bounds
from trainer.loop.prometheus import P99, Served
from trainer.loop.rollout import decide
from trainer.params import Params
from trainer.thresholds import Rollout

LOOKS = 15
"""At growing evidence, as one share of the traffic is watched."""
CANARIES = 200
PER_LOOK = 80
"""Requests of the canary from one look to the next."""
BESIDE = 4
"""Times the canary's requests, those of production: a share of 20 %."""


def served(failed: int, times: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> Served:
    """What Prometheus would tell of requests that failed and of those answered in `times`, in milliseconds."""
    low, high = quantile_bounds(P99, len(times))
    middle, least, most = np.quantile(times, [P99, low, high]).tolist()
    rows = float(len(times))
    return Served(rows, rows, failed, middle, least, most, correct=0, incorrect=0)


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
    new_failed, old_failed = (
        list(accumulate(generator.binomial(PER_LOOK * times, share, LOOKS).tolist()))
        for times, share in ((1, failures), (BESIDE, production_failures))
    )
    for look in range(LOOKS):
        end = (look + 1) * PER_LOOK
        canary = served(new_failed[look], slower * new[: end - new_failed[look]])
        production = served(old_failed[look], old[: BESIDE * end - old_failed[look]])
        if decide(20, canary, production, 60.0 * (look + 1), limits).action == "back":
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


@pytest.mark.parametrize(("asked", "tolerance"), [(10, 0.01), (300, 0.01), (900, 0.0)])
def test_the_tail_is_that_of_the_binomial_distribution(asked: int, tolerance: float) -> None:
    baseline = 20_000
    ratio = 0.01 + tolerance
    # The Wilson centre of so many rows is `ratio` but for a fraction of a thousandth.
    tails = [
        sum(math.comb(asked, one) * ratio**one * (1 - ratio) ** (asked - one) for one in range(least, asked + 1))
        for least in range(asked // 5 + 10 if asked > 10 else 11)
    ]
    limit = next(number for number, tail in enumerate(tails) if tail < CHANCE / 1.5)
    assert not explains_failures(limit, asked, 0.01 * baseline, baseline, tolerance)
    assert explains_failures(limit - 2, asked, 0.01 * baseline, baseline, tolerance)


def test_no_requests_of_production_prove_little() -> None:
    assert explains_failures(8, 8, 0, 0, 0.01)
    assert not explains_failures(20, 20, 0, 0, 0.01)
    assert explains_failures(0, 0, 0, 0, 0.0)
    assert explains_failures(5, 5, 9, 9, 0.9)
    assert quantile_bounds(P99, 0) == (0.0, 1.0)
