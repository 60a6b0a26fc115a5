"""A turn of the event loop has a bounded amount of large work, in order; a piece that is given up delays nobody."""

import asyncio
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from api.access.fair_scheduler import TURN, FairScheduler


async def turns_of(sizes: list[int]) -> list[int]:
    """The turn of the event loop in which each piece came, which all ask for theirs in the same one."""
    scheduler, turn, came = FairScheduler(), 0, list[tuple[int, int]]()

    async def count() -> None:
        nonlocal turn
        while True:
            turn += 1
            await asyncio.sleep(0)

    async def work(place: int, size: int) -> None:
        await scheduler.take(size)
        came.append((place, turn))

    counting = asyncio.create_task(count())
    await asyncio.gather(*(work(place, size) for place, size in enumerate(sizes)))
    counting.cancel()
    assert [place for place, _ in came] == list(range(len(sizes))), "they come in their order"
    return [turn for _, turn in came]


def test_pieces_that_fill_a_turn_have_one_to_themselves() -> None:
    numbers = asyncio.run(turns_of([TURN, TURN + 1, TURN - 1, 2, TURN * 50]))
    assert len(set(numbers)) == len(numbers)


def test_a_turn_takes_smaller_pieces_until_it_is_full() -> None:
    assert list(Counter(asyncio.run(turns_of([TURN // 4] * 9))).values()) == [4, 4, 1]


def test_a_small_piece_does_not_overtake_a_large_one() -> None:
    first, large, small = asyncio.run(turns_of([TURN // 2, TURN, 1]))
    assert first < large < small


@given(st.lists(st.integers(0, 2 * TURN), min_size=1, max_size=30))
def test_no_turn_takes_more_than_its_bytes_unless_for_one_piece(sizes: list[int]) -> None:
    by_turn: dict[int, list[int]] = {}
    for size, turn in zip(sizes, asyncio.run(turns_of(sizes)), strict=True):
        by_turn.setdefault(turn, []).append(size)
    assert all(sum(pieces) <= TURN or len([one for one in pieces if one]) == 1 for pieces in by_turn.values())


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
