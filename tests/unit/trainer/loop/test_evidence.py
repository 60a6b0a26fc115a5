"""Simulated canaries, looked at every minute: few good ones are stopped, and a worse one is found with few answers."""

from itertools import product
from statistics import NormalDist

import numpy as np
import pytest

from trainer.loop.evidence import BLOCK_TRIALS, Tally, odds, running

LEVEL = 0.05
PER_MINUTE = 40
CANARY = 0.25
"""Its share of the traffic."""
MARGIN, DROP = 0.02, 0.05
Pair = tuple[Tally, Tally]


def worlds(seed: int, canaries: int, minutes: int, production_bad: float, canary_bad: float) -> Pair:
    """Canaries beside their productions: trials arrive by chance, and are bad by chance."""
    generator = np.random.default_rng(seed)
    made = []
    for share, bad in ((CANARY, canary_bad), (1 - CANARY, production_bad)):
        trials = generator.poisson(PER_MINUTE * share, (canaries, minutes))
        made.append(Tally(trials.astype(float), generator.binomial(trials, bad).astype(float)))
    return made[0], made[1]


@pytest.mark.parametrize("bad", [0.02, 0.2])
def test_of_canaries_exactly_as_bad_as_allowed_at_most_one_in_twenty_is_ever_stopped(bad: float) -> None:
    found = running(*worlds(1, 10_000, 120, bad, bad + MARGIN), MARGIN, DROP, expected=0.1)
    assert np.mean(found.max(axis=-1) >= -np.log(LEVEL)) <= LEVEL


def test_a_test_of_one_look_that_is_looked_at_every_minute_stops_several_times_as_many() -> None:
    canary, production = worlds(2, 1000, 120, 0.1, 0.1)
    count, other = canary.trials.cumsum(-1), production.trials.cumsum(-1)
    bad, other_bad = canary.bad.cumsum(-1), production.bad.cumsum(-1)
    pooled = (bad + other_bad) / (count + other)
    scores = (bad / count - other_bad / other) / np.sqrt(
        np.clip(pooled * (1 - pooled), 1e-9, 1) * (1 / count + 1 / other)
    )
    assert np.mean(scores.max(axis=-1) >= NormalDist().inv_cdf(1 - LEVEL)) > 4 * LEVEL


@pytest.mark.parametrize("bad", [0.02, 0.1, 0.3])
def test_a_drop_of_five_points_is_found_with_thirty_percent_fewer_rows_than_a_fixed_test_of_the_same_power(
    bad: float,
) -> None:
    minutes, power = 320, 0.95
    worse = bad + DROP
    canary, production = worlds(3, 1000, minutes, bad, worse)
    stopped = running(canary, production, 0.0, DROP, expected=0.1) >= -np.log(LEVEL)
    first = np.where(stopped.any(axis=-1), stopped.argmax(axis=-1), minutes)
    last = int(np.quantile(first, power))
    assert last < minutes
    rows = np.cumsum(canary.trials + production.trials, axis=-1)
    used = rows[np.arange(len(first)), np.minimum(first, last)].mean()
    pooled = CANARY * worse + (1 - CANARY) * bad
    level, power_z = NormalDist().inv_cdf(1 - LEVEL), NormalDist().inv_cdf(power)
    spread = level * np.sqrt(pooled * (1 - pooled) * (1 / CANARY + 1 / (1 - CANARY)))
    spread += power_z * np.sqrt(worse * (1 - worse) / CANARY + bad * (1 - bad) / (1 - CANARY))
    fixed = (spread / DROP) ** 2
    assert used <= 0.7 * fixed


def test_the_expectation_of_a_block_is_at_most_one_for_every_allowed_pair_of_shares() -> None:
    canary, production, margin = 3, 5, 0.02
    outcomes = list(product(range(canary + 1), range(production + 1)))
    tallies = (
        Tally(np.full((len(outcomes), 1), float(canary)), np.array([[float(one)] for one, _ in outcomes])),
        Tally(np.full((len(outcomes), 1), float(production)), np.array([[float(two)] for _, two in outcomes])),
    )
    ratios = np.exp(running(*tallies, margin, DROP, expected=0.1))[:, 0]
    for share in np.linspace(0.001, 0.97, 25):
        for other in np.linspace(0.001, share + margin, 25):
            weights = [_binomial(canary, one, other) * _binomial(production, two, share) for one, two in outcomes]
            assert float(np.dot(weights, ratios)) <= 1 + 1e-9


def _binomial(count: int, bad: int, share: float) -> float:
    ways = 1.0
    for one in range(bad):
        ways *= (count - one) / (one + 1)
    return float(ways * share**bad * (1 - share) ** (count - bad))


def tally(*minutes: tuple[float, float]) -> Tally:
    counts = np.array(minutes, dtype=float).reshape(-1, 2)
    return Tally(counts[:, 0], counts[:, 1])


@pytest.mark.parametrize(
    ("canary", "production", "least", "most"),
    [
        (tally((3, 3)), tally((500, 0)), 1000, np.inf),  # three of three failed
        (tally((2, 2)), tally((5, 0)), 1, 1),  # too few trials for a block
        (tally((50, 50)), tally((0, 0)), 1, 1),  # nothing to compare with
        (tally(), tally(), 1, 1),
        (tally((100, 1)), tally((400, 4)), 1, 3),
        (tally(*[(100, 40)] * 50), tally(*[(400, 4)] * 50), 1e300, 1e305),  # a bounded figure
    ],
)
def test_a_broken_canary_is_found_in_a_few_requests_and_nothing_is_found_in_nothing(
    canary: Tally, production: Tally, least: float, most: float
) -> None:
    assert least <= odds(canary, production, 0.01, DROP, expected=0.01) <= most


def test_sparse_minutes_are_joined_until_both_have_trials() -> None:
    sparse = [(float(minute % 10 == 0), float(minute % 20 == 0)) for minute in range(600)]
    steady = [(1.0, 0.0)] * 600
    joined = odds(tally(*sparse), tally(*steady), 0.02, DROP, expected=0.1)
    at_once = odds(tally((60, 30)), tally((600, 0)), 0.02, DROP, expected=0.1)
    assert BLOCK_TRIALS == 20
    assert joined > 100
    assert at_once > 100


@pytest.mark.parametrize("margin", [0.0, 0.05, 0.5, 0.95, 1.0])
def test_every_margin_has_a_figure(margin: float) -> None:
    found = odds(tally((100, 100)), tally((100, 0)), margin, DROP, expected=0.01)
    assert np.isfinite(found)
    assert (found == 1) == (margin == 1)
