"""HTTP as attackers and broken proxies speak it: answered or refused, never mistaken for another request."""

import asyncio
import json
import re
from collections.abc import Iterator
from random import Random

import pytest

from tests.support.apis import ROW, Api
from tests.support.fuzzing import SEED
from tests.support.mutations import mutated
from tests.support.raw_corpus import corpus
from tests.support.results import Say
from tests.torture.conftest import Length
from tests.torture.raw import Client, connect, one, request

GOOD = one()
SMUGGLED = request("/nothing-here", b"{}")
FRAMED_TWICE = {
    "a length and chunks": ["Content-Length: 4", "Transfer-Encoding: chunked"],
    "chunks and a length": ["Transfer-Encoding: chunked", "Content-Length: 4"],
    "two lengths": ["Content-Length: 4", "Content-Length: 400"],
    "a list of lengths": ["Content-Length: 4, 4"],
    "a signed length": ["Content-Length: +4"],
    "a length with an underscore": ["Content-Length: 1_0"],
    "a negative length": ["Content-Length: -1"],
    "chunked twice": ["Transfer-Encoding: chunked, chunked"],
    "chunked with a tab before its colon": ["Transfer-Encoding\t: chunked"],
    "chunked with a vertical tab": ["Transfer-Encoding: \x0bchunked"],
    "an unknown coding": ["Transfer-Encoding: xchunked"],
    "a folded header": ["X: a", " b"],
    "a bare line feed in a value": ["X: a\nContent-Length: 4"],
    "no name": [": a"],
    "two hosts": ["Host: another"],
}


@pytest.fixture(autouse=True)
def no_worker_was_replaced(api: Api) -> Iterator[None]:
    before = {worker.pid for worker in api.workers()}
    yield
    assert {worker.pid for worker in api.workers()} == before
    assert api.predict().status_code == 200


async def conversation(api: Api, raw: bytes) -> list[int]:
    """Send everything at once and read every answer until the server closes."""
    client, statuses = await connect(api), []
    client.writer.write(raw)
    try:
        async with asyncio.timeout(10):
            while True:
                statuses.append((await client.answer()).status)
    except (asyncio.IncompleteReadError, ConnectionError):
        return statuses
    except TimeoutError:
        return [*statuses, -1]
    finally:
        client.close()


def test_a_request_whose_end_could_be_argued_about_is_refused_and_nothing_behind_it_is_read(api: Api) -> None:
    for name, headers in FRAMED_TWICE.items():
        head = ["POST /predict HTTP/1.1", "Host: api", "Content-Type: application/json", *headers]
        raw = "\r\n".join([*head, "", ""]).encode("latin-1") + b"0\r\n\r\n" + SMUGGLED
        assert asyncio.run(conversation(api, raw)) in ([400], [413], [501]), name


def test_long_headers_and_lines_without_an_end_are_refused(api: Api) -> None:
    long = b"x" * 65_536
    for raw, status in (
        (b"GET /" + long + b" HTTP/1.1\r\nHost: api\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: api\r\nX: " + long + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: api\r\n" + b"X: y\r\n" * 200 + b"\r\n", 431),
        (b"GET /" + long * 4, 431),
        (b"GET / HTTP/1.1\r\nX: " + long * 4, 431),
        (b"POST /predict HTTP/1.1\r\nHost: api\r\nTransfer-Encoding: chunked\r\n\r\n" + b"0" * 400_000, None),
    ):
        statuses = asyncio.run(conversation(api, raw))
        # what stops in the middle of a body was answered by its own rules, or is just cut off
        assert statuses == [status] if status else all(code in {400, 413, 415, 431} for code in statuses)


def test_requests_sent_in_one_breath_are_answered_in_their_order(api: Api) -> None:
    async def test() -> None:
        client = await connect(api)
        lengths = [1.0 + number % 6 for number in range(50)]
        requests = [
            request("/predict", one(petal_length_cm=length), f"X-Request-ID: r{i}") for i, length in enumerate(lengths)
        ]
        requests[10:10] = [request("/health/live", method="GET")]
        stream = b"".join(requests)
        # cut anywhere: in heads, in bodies, between requests
        for start in range(0, len(stream), 97):
            client.writer.write(stream[start : start + 97])
            await asyncio.sleep(0)
        answers = [await client.answer() for _ in requests]
        assert [answer.status for answer in answers] == [200] * 51
        assert json.loads(answers.pop(10).body) == {"ok": True}
        assert [answer.headers["x-request-id"] for answer in answers] == [f"r{i}" for i in range(50)]
        alone = {length: await shares(client, length) for length in set(lengths)}
        assert [json.loads(answer.body)["probabilities"] for answer in answers] == [alone[x] for x in lengths]
        client.close()

    asyncio.run(test())


async def shares(client: Client, length: float) -> dict[str, float]:
    answer = await client.ask(request("/predict", one(petal_length_cm=length)))
    found: dict[str, float] = json.loads(answer.body)["probabilities"]
    return found


def test_the_body_of_a_head_request_is_not_taken_for_a_request(api: Api) -> None:
    head = b"HEAD /health/live HTTP/1.1\r\nHost: api\r\nContent-Length: %d\r\n\r\n" % len(SMUGGLED)

    async def test() -> bytes:
        client = await connect(api)
        client.writer.write(head + SMUGGLED)
        answer = await client.reader.read()
        client.close()
        return answer

    answer = asyncio.run(test())
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.count(b"HTTP/1.1") == 1


def test_a_chunked_body_in_many_pieces_is_one_body(api: Api) -> None:
    async def test() -> int:
        client = await connect(api)
        client.writer.write(b"POST /predict HTTP/1.1\r\nHost: api\r\nContent-Type: application/json\r\n")
        client.writer.write(b"Transfer-Encoding: chunked\r\n\r\n")
        for byte in json.dumps(ROW).encode():
            client.writer.write(b"1\r\n" + bytes([byte]) + b"\r\n")
        client.writer.write(b"0\r\n\r\n")
        status = (await client.answer()).status
        client.close()
        return status

    assert asyncio.run(test()) == 200


def test_the_time_a_request_allows_is_kept_or_refused(api: Api) -> None:
    async def test() -> list[int]:
        client = await connect(api)
        statuses = [
            (await client.ask(request("/predict", GOOD, f"X-Request-Timeout-Ms: {value}"))).status
            for value in ("5000", "0", "-1", "abc", "1e3", "")
        ]
        client.close()
        return statuses

    assert asyncio.run(test()) == [200, 400, 400, 400, 400, 400]


def test_a_body_that_does_not_come_within_the_time_it_allows_is_504(api: Api) -> None:
    async def test() -> int:
        client = await connect(api)
        client.writer.write(request("/predict", GOOD, "X-Request-Timeout-Ms: 100")[:-1])
        status = (await client.answer()).status
        client.close()
        return status

    assert asyncio.run(test()) == 504


def test_damaged_requests_get_no_5xx_and_cost_no_memory_and_no_worker(api: Api, length: Length, say: Say) -> None:
    number, chance = length.of(full=20_000, fast=1_000), Random(SEED)
    sources = [case.raw for case in corpus()] + [request("/predict", GOOD)]
    memory = [worker.memory_info().rss for worker in api.workers()]

    async def ask(raw: bytes) -> list[int]:
        client, statuses = await connect(api), []
        client.writer.write(raw)
        client.writer.write_eof()
        try:
            async with asyncio.timeout(20):
                while True:
                    head = await client.reader.readuntil(b"\r\n\r\n")
                    statuses.append(int(head.split()[1]))
                    found = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
                    if found and statuses[-1] != 100:
                        await client.reader.readexactly(int(found[1]))
        except (asyncio.IncompleteReadError, ConnectionError):
            return statuses
        finally:
            client.close()

    async def send() -> int:
        answered = 0
        for _ in range(number // 20):
            raws = [mutated(chance, chance.choice(sources)) for _ in range(20)]
            for raw, statuses in zip(raws, await asyncio.gather(*map(ask, raws)), strict=True):
                assert all(status < 500 for status in statuses), raw
                answered += len(statuses)
        return answered

    answered = asyncio.run(send())
    grown = max(now.memory_info().rss - before for now, before in zip(api.workers(), memory, strict=True))
    say(
        f"{number:,} damaged requests: {answered:,} answers, none 5xx;"
        f" the workers grew by at most {grown / 2**20:.0f} MiB"
    )
    assert grown < 32 * 2**20
