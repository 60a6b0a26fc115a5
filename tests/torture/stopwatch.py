"""Times answers from a process of its own: ``python -m tests.torture.stopwatch URL SECONDS`` writes [status, seconds]…

The clients that overload a server are overloaded themselves, and an answer that waits in their hands is not the
server's fault.
"""

import asyncio
import contextlib
import json
import os
import sys
import time

from tests.support.apis import ROW
from tests.torture.raw import connect_to, request

CLIENTS = 8
PAUSE = 0.2
BATCH = request("/predict/batch", json.dumps({"rows": [ROW] * 1_000}).encode())


async def measure(url: str, seconds: float) -> list[tuple[int, float]]:
    """Ask now and then, as long as it takes; a broken connection counts as status 0."""
    found: list[tuple[int, float]] = []
    end = time.monotonic() + seconds

    async def ask(number: int) -> None:
        await asyncio.sleep(number * PAUSE / CLIENTS)
        while time.monotonic() < end:
            client = await connect_to(url)
            began = time.perf_counter()
            try:
                answer = await client.ask(BATCH)
                found.append((answer.status, time.perf_counter() - began))
            except (OSError, asyncio.IncompleteReadError):
                found.append((0, time.perf_counter() - began))
            client.close()
            await asyncio.sleep(PAUSE)

    await asyncio.gather(*(ask(number) for number in range(CLIENTS)))
    return found


if __name__ == "__main__":
    with contextlib.suppress(PermissionError):
        os.nice(-10)
    json.dump(asyncio.run(measure(sys.argv[1], float(sys.argv[2]))), sys.stdout)
