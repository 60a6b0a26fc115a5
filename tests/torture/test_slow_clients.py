"""Clients that are slow on purpose are cut off in time, and the others get every answer."""

import asyncio
import contextlib
import socket
import time

from tests.support.apis import Api
from tests.support.results import Say
from tests.torture.conftest import CLIENT_TIMEOUT
from tests.torture.raw import Client, Figures, connect, one, percentile, request, steady

SLOW = 500
LARGE_FILE = request("/docs/swagger-ui-bundle.js", method="GET")


async def with_half_a_head(api: Api) -> Client:
    client = await connect(api)
    client.writer.write(b"POST /predict HTTP/1.1\r\nHost: api\r\nContent-")
    return client


async def with_half_a_body(api: Api) -> Client:
    client = await connect(api)
    client.writer.write(request("/predict", one())[:-20])
    return client


async def that_does_not_read(api: Api) -> Client:
    host, _, port = api.url.removeprefix("http://").partition(":")
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.setblocking(False)  # noqa: FBT003
    await asyncio.get_running_loop().sock_connect(connection, (host, int(port)))
    client = Client(*await asyncio.open_connection(sock=connection, limit=1024))
    client.writer.transport.pause_reading()  # type: ignore[attr-defined]
    client.writer.write(LARGE_FILE)
    return client


async def drip(client: Client, until: float) -> None:
    """One more byte now and then, so that the connection is never idle."""
    while time.monotonic() < until and not client.writer.is_closing():
        client.writer.write(b"x")
        await asyncio.sleep(2.0)


def connections(api: Api) -> int:
    """Established, to the workers."""
    port = int(api.url.rpartition(":")[2])
    return sum(
        connection.laddr.port == port and connection.status == "ESTABLISHED"
        for worker in api.workers()
        for connection in worker.net_connections("tcp")
    )


def latency(of: Figures) -> str:
    return f"p50 {percentile(of.answered, 0.5):.1f} ms, p99 {percentile(of.answered, 0.99):.1f} ms"


def test_slow_clients_are_cut_and_the_others_are_answered(api: Api, say: Say) -> None:
    calm, beside = Figures(), Figures()
    asyncio.run(steady(api, calm, request("/predict", one()), clients=8, seconds=2.0))

    async def test() -> tuple[int, float]:
        kinds = (with_half_a_head, with_half_a_body, that_does_not_read)
        slow = [await kind(api) for kind in kinds for _ in range(SLOW)]
        started, held = time.monotonic(), connections(api)
        dripping = asyncio.gather(*(drip(client, started + 60) for client in slow[: 2 * SLOW]))
        await steady(api, beside, request("/predict", one()), clients=8, seconds=2.0)
        while connections(api) > 0:
            assert time.monotonic() - started < 30, f"{connections(api)} slow clients are still connected"
            await asyncio.sleep(0.1)
        seconds = time.monotonic() - started
        dripping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await dripping
        for client in slow:
            client.close()
        return held, seconds

    held, seconds = asyncio.run(test())
    say(
        f"{3 * SLOW} slow clients, {held} connected at once, all cut {seconds:.1f} s after they came"
        f" (CLIENT_TIMEOUT={CLIENT_TIMEOUT})\nothers before: {len(calm.answered) / 2:.0f}/s,"
        f" {latency(calm)}; beside them: {len(beside.answered) / 2:.0f}/s,"
        f" {latency(beside)}"
    )
    assert held >= 2 * SLOW
    assert (calm.broken, beside.broken, beside.refused) == ([], [], [])
    assert len(beside.answered) >= 8  # a client each; how fast is shown, and compared on a quiet machine alone


def test_idle_connections_do_not_hold_up_a_stop(api: Api, say: Say) -> None:
    async def idle() -> list[Client]:
        clients = [await connect(api) for _ in range(50)]
        for client in clients:
            assert (await client.ask(request("/predict", one()))).status == 200
        return clients

    with asyncio.Runner() as runner:
        clients = runner.run(idle())
        started = time.monotonic()
        api.server.process.terminate()
        assert api.server.process.wait(20) == 0
        say(f"50 idle keep-alive clients: stopped after {time.monotonic() - started:.1f} s")
        for client in clients:
            client.close()
