"""Work beyond what a worker takes on waits a moment, in order, and is then refused; no place is lost."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.access.admission import Admission
from api.errors import OverloadedError

BIG = 50_000


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(test)


def gate(queue_timeout: float = 30.0) -> Admission:
    return Admission(most=100_000, waiting=100_000, held=1_000, queue_timeout=queue_timeout)


async def occupied(seconds: list[float], waiting: int) -> tuple[Admission, list[asyncio.Task[None]]]:
    """Admission control that has one large body in work, and `waiting` more in the queue; `seconds` is its clock."""
    one = Admission(most=1, waiting=1_000_000, held=1, queue_timeout=1.0, clock=lambda: seconds[0])
    assert one.try_enter(BIG)
    tasks = [asyncio.create_task(one.wait(BIG)) for _ in range(waiting)]
    await settle()
    return one, tasks


async def settle() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


def test_whoever_is_alone_is_let_in_whatever_the_size() -> None:
    one = gate()
    assert one.try_enter(10_000_000)
    assert not one.try_enter(1)
    one.leave(10_000_000)
    assert one.try_enter(1)


def test_those_who_wait_are_let_in_in_their_order() -> None:
    async def test() -> None:
        one, order = gate(), []

        async def work(name: str) -> None:
            await one.wait(BIG)
            order.append(name)

        assert one.try_enter(BIG)
        async with asyncio.TaskGroup() as group:
            group.create_task(work("first"))
            await settle()
            # even a small one does not overtake
            assert not one.try_enter(1)
            one.leave(BIG)
            await settle()
            assert order == ["first"]
            one.leave(BIG)
        assert one.try_enter(BIG)

    run(test())


def test_who_finds_the_queue_full_is_refused_at_once() -> None:
    async def test() -> None:
        one = gate()
        assert one.try_enter(90_000)
        first = asyncio.create_task(one.wait(90_000))
        await settle()
        with pytest.raises(OverloadedError):
            await one.wait(90_000)
        one.leave(90_000)
        await first

    run(test())


def test_who_waits_too_long_is_refused_and_leaves_no_trace() -> None:
    async def test() -> None:
        one = gate(queue_timeout=0.001)
        assert one.try_enter(90_000)
        for _ in range(3):
            with pytest.raises(OverloadedError):
                await one.wait(90_000)
        one.leave(90_000)
        assert one.try_enter(90_000)

    run(test())


def test_bodies_in_memory_are_bounded_and_given_back() -> None:
    one = gate()
    one.hold(900)
    with pytest.raises(OverloadedError):
        one.hold(101)
    one.hold(-900)
    one.hold(5_000)


@given(st.lists(st.tuples(st.integers(1, 120_000), st.sampled_from(["leave", "cancel", "cancel as it is let in"]))))
def test_after_any_course_of_events_the_gate_is_open_again(visitors: list[tuple[int, str]]) -> None:
    async def test() -> None:
        one = gate()

        async def visit(size: int, how: str) -> None:
            if not one.try_enter(size):
                await one.wait(size)
            try:
                await asyncio.sleep(0 if how == "leave" else 3600)
            finally:
                one.leave(size)

        assert one.try_enter(1)
        tasks = [asyncio.create_task(visit(size, how)) for size, how in visitors]
        await settle()
        for task, (_, how) in zip(tasks, visitors, strict=True):
            if how == "cancel":
                task.cancel()
        await settle()
        one.leave(1)
        for task, (_, how) in zip(tasks, visitors, strict=True):
            if how == "cancel as it is let in":
                task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert {type(result) for result in results} <= {type(None), asyncio.CancelledError, OverloadedError}
        assert one.try_enter(10_000_000)

    run(test())


def test_one_that_took_very_long_turns_nobody_away() -> None:
    async def test() -> None:
        seconds = [0.0]
        one, waiting = await occupied(seconds, 6)
        for took in (0.001, 0.9, 0.001, 0.001):
            seconds[0] += took
            one.leave(BIG)
            await settle()
            assert not one.is_full(BIG)
        for _ in range(3):
            one.leave(BIG)
            await settle()
        await asyncio.gather(*waiting)

    run(test())


def test_who_would_wait_in_vain_at_the_pace_of_late_is_refused_at_once() -> None:
    async def test() -> None:
        seconds = [0.0]
        one, waiting = await occupied(seconds, 5)
        assert not one.is_full(BIG), "nothing is known of the rate yet"
        for _ in range(3):
            seconds[0] += 0.3
            one.leave(BIG)
            await settle()
        # two wait; a third would be let in after 0.9 s, and that is nearly all its queue_timeout
        assert one.is_full(BIG)
        with pytest.raises(OverloadedError):
            await one.wait(BIG)
        for _ in range(3):
            one.leave(BIG)
            await settle()
        await asyncio.gather(*waiting)
        assert not one.is_full(BIG), "nobody waits any more"
        assert one.try_enter(BIG)

    run(test())


def test_work_that_costs_more_than_its_bytes_lets_fewer_others_in() -> None:
    one = gate()
    assert one.try_enter(0)
    one.charge(BIG * 2)
    assert not one.try_enter(0)
    one.leave(BIG * 2)
    assert one.try_enter(BIG)
    assert one.try_enter(0)


def test_a_body_larger_than_the_queue_waits_alone_and_keeps_no_small_one_out() -> None:
    async def test() -> None:
        seconds = [0.0]
        one = Admission(most=100_000, waiting=100_000, held=1, queue_timeout=1.0, clock=lambda: seconds[0])
        assert one.try_enter(90_000)
        earlier = asyncio.create_task(one.wait(90_000))
        await settle()
        seconds[0] += 0.5  # at this rate ten million bytes would take a minute
        one.leave(90_000)
        await earlier
        one.leave(90_000)
        assert one.try_enter(1)
        large = asyncio.create_task(one.wait(10_000_000))
        await settle()
        small = asyncio.create_task(one.wait(1))
        await settle()
        assert not small.done()
        with pytest.raises(OverloadedError):
            await one.wait(10_000_000)
        one.leave(1)
        await large
        one.leave(10_000_000)
        await small

    run(test())
