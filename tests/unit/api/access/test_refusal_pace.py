"""Refusals come a moment after their requests, and however many clients retry at once, not too many in a second."""

import heapq

import pytest

from api.access.refusal_pace import DELAY, INTERVAL, LONGEST, RefusalPace
from tests.support.clocks import Clock


def refused_by(clients: int, seconds: float) -> int:
    """The number of refusals that are sent when each of the clients asks again as soon as it is refused."""
    clock = Clock()
    pace, sent, end = RefusalPace(clock), 0, clock.now + seconds
    due = [clock.now] * clients
    while due[0] < end:
        clock.now = due[0]
        heapq.heapreplace(due, clock.now + pace.delay())
        sent += 1
    return sent


def test_a_few_refusals_wait_for_a_moment_each() -> None:
    clock = Clock()
    pace = RefusalPace(clock)
    for _ in range(10):
        assert pace.delay() == pytest.approx(DELAY)
        clock.now += 2 * INTERVAL


def test_refusals_at_once_are_sent_one_after_the_other() -> None:
    pace = RefusalPace(Clock())
    assert [pace.delay() for _ in range(3)] == pytest.approx([DELAY, DELAY + INTERVAL, DELAY + 2 * INTERVAL])


@pytest.mark.parametrize("clients", [100, 400, 1_500])
def test_clients_that_retry_at_once_get_no_more_refusals_than_there_may_be(clients: int) -> None:
    assert refused_by(clients, 10.0) == pytest.approx(10.0 / INTERVAL, rel=0.15)


def test_no_refusal_waits_longer_than_retry_after() -> None:
    pace = RefusalPace(Clock())
    assert max(pace.delay() for _ in range(10_000)) == pytest.approx(LONGEST)


def test_after_a_storm_refusals_are_early_again() -> None:
    clock = Clock()
    pace = RefusalPace(clock)
    for _ in range(10_000):
        pace.delay()
    clock.now += LONGEST
    assert pace.delay() == pytest.approx(DELAY)
