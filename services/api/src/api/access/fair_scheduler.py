"""Large pieces of work, a bounded amount in a turn of the event loop, so that what is short does not wait for more."""

import asyncio
from collections import deque

TURN = 128 * 1024
"""Bytes of body that are worked on in one turn: a thousand rows as JSON objects, or several as tensors."""


class FairScheduler:
    """Lets large requests continue in turns of the event loop, first come, first served.

    A thousand rows as JSON objects take a millisecond or two to read, and as long to answer. Five of them in the same
    turn would delay every other client, and every 503 of admission control, by all five.
    """

    def __init__(self) -> None:
        self._used = 0
        """Bytes that have been let into this turn."""
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    async def take(self, size: int = TURN) -> None:
        """Suspend until this task may work on ``size`` bytes; by default it has a turn to itself.

        A piece that is larger than a turn has one to itself, too.
        """
        loop, size = asyncio.get_running_loop(), max(size, 1)
        if not self._used:
            loop.call_soon(self._next_turn)
        elif self._waiting or self._used + size > TURN:
            mine: asyncio.Future[None] = loop.create_future()
            self._waiting.append((size, mine))
            await mine
            return
        self._used += size

    def _next_turn(self) -> None:
        self._used = 0
        while self._waiting:
            size, following = self._waiting[0]
            if self._used and self._used + size > TURN:
                break
            self._waiting.popleft()
            if not following.done():  # else it has given up
                self._used += size
                following.set_result(None)
        if self._used:
            asyncio.get_running_loop().call_soon(self._next_turn)
