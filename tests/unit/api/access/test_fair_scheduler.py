"""Large pieces of work come one in a turn of the event loop, in order; whoever gives up gives the turn away."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from api.access.fair_scheduler import FairScheduler


def test_pieces_come_in_their_order_and_each_has_a_turn_to_itself() -> None:
    async def test() -> None:
        scheduler, turn, came = FairScheduler(), 0, list[tuple[int, str]]()

        async def count() -> None:
            nonlocal turn
            while True:
                turn += 1
                await asyncio.sleep(0)

        async def work(name: str) -> None:
            await scheduler.take()
            came.append((turn, name))

        counting = asyncio.create_task(count())
        await asyncio.gather(*(work(name) for name in "abcde"))
        counting.cancel()
        assert [name for _, name in came] == list("abcde")
        numbers = [number for number, _ in came]
        assert len(set(numbers)) == len(numbers)

    asyncio.run(test())


def test_who_comes_alone_does_not_wait() -> None:
    async def test() -> None:
        scheduler = FairScheduler()
        for _ in range(3):
            taking = asyncio.create_task(scheduler.take())
            await asyncio.sleep(0)
            assert taking.done()
            await asyncio.sleep(0)

    asyncio.run(test())


@given(st.lists(st.booleans(), max_size=20), st.integers(0, 10))
def test_whoever_gives_up_nobody_behind_waits_for_ever(gives_up: list[bool], after: int) -> None:
    async def test() -> None:
        scheduler = FairScheduler()
        tasks = [asyncio.create_task(scheduler.take()) for _ in gives_up]
        for _ in range(after):
            await asyncio.sleep(0)
        for task, leaves in zip(tasks, gives_up, strict=True):
            if leaves:
                task.cancel()
        async with asyncio.timeout(10):
            await asyncio.gather(*tasks, return_exceptions=True)
            await scheduler.take()

    asyncio.run(test())
