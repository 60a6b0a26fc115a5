"""A loopback proxy that stands before a server and forwards, swallows or refuses."""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Literal

from tests.support.servers import free_port
from tests.torture.rig.background import Background

Mode = Literal["forward", "swallow", "refuse"]


class Proxy:
    """Forwards to ``port`` until it is asked to swallow or to refuse.

    Swallowing, it takes every byte, also on open connections, and answers nothing, as a firewall that drops packets.
    Refusing, it closes every connection.
    """

    def __init__(self, port: int) -> None:
        self.port = free_port()
        self.uri = f"http://127.0.0.1:{self.port}"
        self.mode: Mode = "forward"
        self._to = port
        self._background = Background("proxy")
        self._server = self._background.run(asyncio.start_server(self._serve, "127.0.0.1", self.port))

    def close(self) -> None:
        self._background.run(self._stop())
        self._background.close()

    async def _stop(self) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.mode != "forward":
            while self.mode == "swallow" and await reader.read(65536):
                pass
            writer.close()
            return
        try:
            onward = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            writer.close()
            return
        try:
            await asyncio.gather(self._carry(reader, onward[1]), self._carry(onward[0], writer))
        finally:
            writer.close()
            onward[1].close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                if self.mode == "refuse":
                    break
                if self.mode == "swallow":
                    continue
                writer.write(data)
                await writer.drain()
            writer.close()


@contextlib.contextmanager
def proxy(port: int) -> Iterator[Proxy]:
    made = Proxy(port)
    try:
        yield made
    finally:
        made.close()
