"""HTTP by hand: bytes onto a socket, answers separated by their own lengths."""

import asyncio
import json
import time
from dataclasses import dataclass, field

from tests.support.apis import ROW, Api


def request(path: str, body: bytes = b"", *headers: str, method: str = "POST") -> bytes:
    head = [f"{method} {path} HTTP/1.1", "Host: api", *headers]
    if method == "POST":
        head += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*head, "", ""]).encode() + body


def one(**changes: float) -> bytes:
    return json.dumps({**ROW, **changes}).encode()


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float


@dataclass
class Client:
    """One connection. Raises ConnectionError or IncompleteReadError when the server closes it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    used: bool = False

    async def answer(self) -> Answer:
        started = time.perf_counter()
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        body = await self.reader.readexactly(int(headers["content-length"]))
        return Answer(int(head[0].split()[1]), headers, body, time.perf_counter() - started)

    async def ask(self, raw: bytes) -> Answer:
        started = time.perf_counter()
        self.writer.write(raw)
        answer = await self.answer()
        answer.seconds = time.perf_counter() - started
        return answer

    def close(self) -> None:
        self.writer.transport.abort()


async def connect(api: Api) -> Client:
    return await connect_to(api.url)


async def connect_to(url: str) -> Client:
    host, _, port = url.removeprefix("http://").partition(":")
    return Client(*await asyncio.open_connection(host, int(port), limit=16 * 1024 * 1024))


@dataclass
class Figures:
    """What a group of clients saw."""

    answered: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    async def ask(self, client: Client, raw: bytes) -> bool:
        """Ask once; whether the connection can be used again."""
        try:
            answer = await client.ask(raw)
        except (OSError, asyncio.IncompleteReadError) as error:
            self.broken.append(repr(error))
            return False
        if answer.status == 503:
            assert answer.headers["retry-after"] == "1"
            self.refused.append(answer.seconds)
        else:
            assert answer.status == 200, answer.body
            self.answered.append(answer.seconds)
        return answer.headers.get("connection") != "close"


async def steady(api: Api, figures: Figures, raw: bytes, *, clients: int, seconds: float) -> None:
    """Keep-alive clients that ask again as soon as they were answered."""
    end = time.monotonic() + seconds

    async def ask() -> None:
        client = await connect(api)
        while time.monotonic() < end:
            if not await figures.ask(client, raw):
                client.close()
                client = await connect(api)
        client.close()

    await asyncio.gather(*(ask() for _ in range(clients)))


def percentile(values: list[float], share: float) -> float:
    """In milliseconds."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 if ordered else 0.0
