"""Token buckets in memory that the workers share."""

import multiprocessing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.access.rate_limit import RateLimits, places
from tests.support.clocks import Clock


def test_a_bucket_holds_one_second_of_tokens_and_fills_again() -> None:
    clock = Clock()
    rates = RateLimits(clock)
    assert [rates.take(7, 10) > 0 for _ in range(12)] == [False] * 10 + [True] * 2
    clock.now += 0.25
    assert [rates.take(7, 10) > 0 for _ in range(3)] == [False] * 2 + [True]
    assert rates.take(8, 10) == 0


def test_less_than_one_per_second_is_one_at_a_time_and_says_how_long_to_wait() -> None:
    clock = Clock()
    rates = RateLimits(clock)
    assert rates.take(0, 0.1) == 0
    assert rates.take(0, 0.1) == pytest.approx(10)
    clock.now += 4
    assert rates.take(0, 0.1) == pytest.approx(6)
    clock.now += 6
    assert rates.take(0, 0.1) == 0


def test_who_keeps_asking_while_refused_is_not_kept_out_longer() -> None:
    clock = Clock()
    rates = RateLimits(clock)
    passed = 0
    for _ in range(1000):
        clock.now += 0.01
        passed += rates.take(3, 5) == 0
    assert 50 <= passed <= 55


@given(st.floats(0.01, 1000), st.lists(st.floats(0, 2), min_size=1, max_size=200))
def test_never_more_than_the_rate_and_one_bucket_pass(rate: float, pauses: list[float]) -> None:
    clock = Clock()
    rates = RateLimits(clock)
    passed = 0
    for pause in pauses:
        clock.now += pause
        passed += rates.take(0, rate) == 0
    assert passed <= max(1, rate) + sum(pauses) * rate + 1e-3


def _ask(rates: RateLimits, times: int, passed: "multiprocessing.queues.Queue[int]") -> None:
    passed.put(sum(rates.take(5, 100) == 0 for _ in range(times)))


def test_processes_share_one_bucket() -> None:
    passed = [_asked_by_two() for _ in range(5)]
    assert min(passed) >= 100
    # One that is stopped between its read and its write undoes what the other counts meanwhile, which is rare.
    # A bucket each would let 160 pass.
    assert sorted(passed)[2] <= 130


def _asked_by_two() -> int:
    """How many of 160 requests by two processes pass a bucket of 100 that is never filled up again."""
    clock = Clock()
    rates = RateLimits(clock)
    fork = multiprocessing.get_context("fork")
    passed = fork.Queue()
    workers = [fork.Process(target=_ask, args=(rates, 80, passed)) for _ in range(2)]
    for worker in workers:
        worker.start()
    counts = [passed.get(timeout=20) for _ in workers]
    for worker in workers:
        worker.join()
    return sum(counts)


def test_every_name_has_a_place_of_its_own_that_does_not_depend_on_the_order() -> None:
    names = [f"name-{number}" for number in range(1000)]
    found = places(names)
    assert len(set(found.values())) == 1000
    assert places(reversed(names)) == found
