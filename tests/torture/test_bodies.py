"""Bodies that are too large in every way: refused by their headers or at the limit, never kept in memory."""

import asyncio
import gzip
import json
import time

from tests.support.apis import ROW, Api
from tests.support.results import Say
from tests.torture.raw import Client, connect, one, request

HUGE = 100 * 1024 * 1024
PIECE = b"1" * 65536
MEBIBYTE = 1024 * 1024


async def declared(client: Client) -> None:
    """100 MB, as its Content-Length says."""
    client.writer.write(request("/predict", one()).replace(b"Content-Length: ", b"Content-Length: %d\r\nX: " % HUGE))
    await pour(client, [PIECE] * (HUGE // len(PIECE)))


async def chunked(client: Client) -> None:
    """100 MB without a length in the head."""
    head = b"POST /predict/batch HTTP/1.1\r\nHost: api\r\nContent-Type: application/json\r\n"
    client.writer.write(head + b"Transfer-Encoding: chunked\r\n\r\n")
    await pour(client, [b"%x\r\n%b\r\n" % (len(PIECE), PIECE)] * (HUGE // len(PIECE)))


async def compressed(client: Client) -> None:
    """100 MB in 100 kB, of which 8 MiB are inflated."""
    bomb = gzip.compress(bytes(HUGE))
    client.writer.write(request("/predict/batch", bomb, "Content-Encoding: gzip"))


async def countless(client: Client) -> None:
    """A million rows in the smallest of formats."""
    client.writer.write(request("/invocations", json.dumps({"inputs": [[1, 2, 3, 4]] * 1_000_000}).encode()))


async def too_many_rows(client: Client) -> None:
    """Within the bytes, beyond the rows."""
    client.writer.write(request("/predict/batch", json.dumps({"rows": [ROW] * 10_001}).encode()))


async def pour(client: Client, pieces: list[bytes]) -> None:
    """Write for as long as somebody reads."""
    for piece in pieces:
        if client.writer.transport.is_closing() or client.reader.at_eof():
            return
        client.writer.write(piece)
        await client.writer.drain()


def test_too_large_bodies_are_refused_at_their_limit_and_cost_no_memory(api: Api, say: Say) -> None:
    async def answer(kind: object) -> tuple[int, float]:
        client, began = await connect(api), time.monotonic()
        pouring = asyncio.create_task(kind(client))  # type: ignore[operator]
        status = (await client.answer()).status
        seconds = time.monotonic() - began
        pouring.cancel()
        await asyncio.gather(pouring, return_exceptions=True)
        client.close()
        return status, seconds

    for _ in range(20):
        assert api.predict().status_code == 200
    workers = api.workers()
    before = max(worker.memory_info().rss for worker in workers)
    kinds = {declared: 413, chunked: 413, compressed: 413, countless: 413, too_many_rows: 413}
    messages = []
    for kind, expected in kinds.items():
        status, seconds = asyncio.run(answer(kind))
        assert status == expected, kind.__doc__
        messages.append(f"{kind.__name__} {status} after {seconds:.2f} s")
    grown = (max(worker.memory_info().rss for worker in workers) - before) / MEBIBYTE
    say(f"bodies beyond every limit: {', '.join(messages)}; the largest worker grew by {grown:.0f} MiB")
    assert [worker.pid for worker in api.workers()] == [worker.pid for worker in workers]
    # the largest body that is taken is 8 MiB
    assert grown < 64
    assert api.predict().status_code == 200
