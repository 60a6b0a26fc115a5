"""Large pieces of work, one in a turn of the event loop, so that what is short waits for one of them only."""

import asyncio
from collections import deque


class FairScheduler:
    """Lets one large request continue in each turn of the event loop, first come, first served.

    A thousand rows take a millisecond or two to read, and as long to answer. Five of them in the same turn would delay
    every other client, and every 503 of admission control, by all five.
    """

    def __init__(self) -> None:
        self._taken = False
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def take(self) -> None:
        """Suspend until this task may run: at most one caller resumes per event-loop iteration, in FIFO order."""
        loop = asyncio.get_running_loop()
        if self._taken:
            mine: asyncio.Future[None] = loop.create_future()
            self._waiting.append(mine)
            try:
                await mine
            except asyncio.CancelledError:
                if not mine.cancelled():
                    self._pass_on()  # it was ours, and nobody else would
                raise
        self._taken = True
        loop.call_soon(self._pass_on)

    def _pass_on(self) -> None:
        while self._waiting:
            following = self._waiting.popleft()
            if not following.done():
                following.set_result(None)
                return
        self._taken = False
