"""HTTP that can be read in two ways, over a raw socket: refused and closed, and nothing behind it is answered."""

import asyncio
import contextlib
import json
from collections.abc import Iterator

import pytest

from tests.support.apis import Api, running_api
from tests.support.bundles import make_bundle, write_policy
from tests.support.raw_corpus import corpus
from tests.support.raw_pairs import pairs
from tests.support.raw_requests import Case
from tests.torture.raw import Answer, connect, one, request

HIDDEN = "GET /health/live HTTP/1.1\r\nHost: api\r\n\r\n"
CHUNKED = "POST /predict HTTP/1.1\r\nHost: api\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
ECHO = "pay-at-http://evil.example"


def head(*lines: str, start: str = "POST /predict HTTP/1.1") -> str:
    return "\r\n".join([start, *lines, "", ""])


REFUSED = {
    "a chunk extension with a bare line feed": CHUNKED + "2;x\nx\r\n{}\r\n0\r\n\r\n" + HIDDEN,
    "a chunk extension with a bare carriage return": CHUNKED + "2;x\rx\r\n{}\r\n0\r\n\r\n" + HIDDEN,
    "a chunk size that ends with a line feed": CHUNKED + "2\n{}\r\n0\r\n\r\n" + HIDDEN,
    "other bytes in place of a chunk's end": CHUNKED + "2\r\n{}XX0\r\n\r\n" + HIDDEN,
    "a line feed in place of a chunk's end": CHUNKED + "2\r\n{}\n0\r\n\r\n" + HIDDEN,
    "a chunk longer than it says": CHUNKED + "1\r\n{}\r\n0\r\n\r\n" + HIDDEN,
    "a signed chunk size": CHUNKED + "+2\r\n{}\r\n0\r\n\r\n" + HIDDEN,
    "a chunk size with 0x": CHUNKED + "0x2\r\n{}\r\n0\r\n\r\n" + HIDDEN,
    "a chunk size of 20 digits": CHUNKED + "0" * 3 + "f" * 17 + "\r\n{}\r\n0\r\n\r\n" + HIDDEN,
    "identity and a length": head("Host: api", "Transfer-Encoding: identity", "Content-Length: 2") + "{}" + HIDDEN,
    "identity alone": head("Host: api", "Transfer-Encoding: identity") + HIDDEN,
    "gzip, chunked": head("Host: api", "Transfer-Encoding: gzip, chunked") + "0\r\n\r\n" + HIDDEN,
    "chunked in two headers": head("Host: api", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked") + HIDDEN,
    "chunked in quotes": head("Host: api", 'Transfer-Encoding: "chunked"') + "0\r\n\r\n" + HIDDEN,
    "an empty coding": head("Host: api", "Transfer-Encoding: ", "Content-Length: 2") + "{}" + HIDDEN,
    "no Host": head(start="GET /health/live HTTP/1.1") + HIDDEN,
    "two Hosts": head("Host: api", "Host: api", start="GET /health/live HTTP/1.1") + HIDDEN,
    "two lengths": head("Host: api", "Content-Length: 2", "Content-Length: 2") + "{}" + HIDDEN,
    "an echo in the method": head("Host: api", start=f"{ECHO} / HTTP/1.1") + HIDDEN,
    "an echo in the version": head("Host: api", start=f"GET / {ECHO}") + HIDDEN,
    "an echo in a header": head("Host: api", f"A {ECHO}", start="GET / HTTP/1.1") + HIDDEN,
    "an echo in a coding": head("Host: api", f"Transfer-Encoding: {ECHO}") + HIDDEN,
}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("raw")
    write_policy(folder / "serving", 1, make_bundle(folder / "serving"), "1")
    with running_api(folder, API_WORKERS="1") as running:
        pids = [worker.pid for worker in running.workers()]
        yield running
        assert [worker.pid for worker in running.workers()] == pids


def conversation(api: Api, raw: bytes) -> list[Answer]:
    """Every answer until the server closes; the test fails if it does not close."""

    async def read() -> list[Answer]:
        answers = []
        with contextlib.closing(await connect(api)) as client:
            client.writer.write(raw)
            async with asyncio.timeout(10):
                with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                    while True:
                        answers.append(await client.answer())
        return answers

    return asyncio.run(read())


@pytest.mark.parametrize("raw", REFUSED.values(), ids=REFUSED)
def test_what_can_be_read_in_two_ways_is_refused_and_what_hides_behind_it_is_not_answered(api: Api, raw: str) -> None:
    answers = conversation(api, raw.encode("latin-1"))
    assert [answer.status for answer in answers] == [400]
    assert answers[0].headers["content-type"] == "application/problem+json"
    assert answers[0].headers["connection"] == "close"
    assert answers[0].headers["x-request-id"] == json.loads(answers[0].body)["request_id"]
    assert ECHO not in str(answers[0])


def test_a_chunked_body_with_extensions_and_trailers_is_still_read(api: Api) -> None:
    body = one()
    raw = CHUNKED.encode() + b"%x;a=b\r\n" % len(body) + body + b'\r\n0;c="d e"\r\nX-Trailer: y\r\n\r\n'
    answers = conversation(api, raw + request("/health/live", b"", "Connection: close", method="GET"))
    assert [answer.status for answer in answers] == [200, 200]


@pytest.mark.parametrize("case", [*corpus(), *pairs()], ids=lambda case: case.name)
def test_each_request_of_the_corpus_gets_its_answers_and_no_other(api: Api, case: Case) -> None:
    answers = conversation(api, case.raw)
    assert [answer.status for answer in answers] == list(case.statuses)


def test_the_corpus_in_pieces_of_three_bytes_is_read_as_it_is_in_one(api: Api) -> None:
    async def read(case: Case) -> list[int]:
        statuses = []
        with contextlib.closing(await connect(api)) as client:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                for start in range(0, len(case.raw), 3):
                    client.writer.write(case.raw[start : start + 3])
                    await asyncio.sleep(0)
                async with asyncio.timeout(10):
                    while True:
                        statuses.append((await client.answer()).status)
        return statuses

    async def test() -> None:
        for case in [*corpus(), *pairs()]:
            assert await read(case) == list(case.statuses), case.name

    asyncio.run(test())


@pytest.mark.parametrize(
    "raw",
    [
        request("/predict", one())[:-5],
        CHUNKED.encode() + b"2\r\n{}\r\n",
        b"GET /health/live HTTP/1.1\r\nHost: api\r\n",
    ],
    ids=["half a body", "chunks without their end", "half a head"],
)
def test_half_a_request_of_a_client_that_ends_its_side_has_no_answer(api: Api, raw: bytes) -> None:
    async def read() -> bytes:
        with contextlib.closing(await connect(api)) as client:
            client.writer.write(raw)
            client.writer.write_eof()
            async with asyncio.timeout(10):
                return await client.reader.read()

    assert asyncio.run(read()) == b""


ALIVE = request("/health/live", method="GET")
PREDICT = request("/predict", one())


@pytest.mark.parametrize(
    ("raw", "statuses"),
    [
        (ALIVE, [200]),
        (PREDICT, [200]),
        (ALIVE * 20, [200] * 20),
        (PREDICT * 50, [200] * 50),
        (request("/openapi.json", method="GET") * 3, [200] * 3),
        ((ALIVE + PREDICT + request("/metrics", method="GET") + request("/nope", b"{}")) * 3, [200, 200, 200, 404] * 3),
        (request("/predict/batch", b'{"rows":[%b]}' % b",".join([one()] * 2_000)) + ALIVE, [200, 200]),
        (PREDICT * 3 + PREDICT[:-5], [200] * 3),
        (ALIVE * 30 + b"GET /heal", [200] * 30),
        (PREDICT * 3 + b"GET / HTTP/1.1\r\nX : y\r\n\r\n" + ALIVE, [200, 200, 200, 400]),
        (ALIVE + request("/health/live", b"", "Connection: close", method="GET") + ALIVE, [200, 200]),
    ],
    ids=[
        "a question", "a row", "20 questions", "50 rows", "the framework", "all kinds",
        "a batch, and a question behind it", "rows and half of one", "30 questions and half of one",
        "rows and a broken head", "a last one in the middle",
    ],
)  # fmt: skip
@pytest.mark.parametrize("pause", [0.0, 0.1])
def test_all_that_came_whole_before_a_client_ended_its_side_is_answered(
    api: Api, raw: bytes, statuses: list[int], pause: float
) -> None:
    async def read() -> list[int]:
        answered = []
        with contextlib.closing(await connect(api)) as client:
            client.writer.write(raw)
            await asyncio.sleep(pause)
            client.writer.write_eof()
            async with asyncio.timeout(10):
                with contextlib.suppress(asyncio.IncompleteReadError):
                    while True:
                        answered.append((await client.answer()).status)
        return answered

    assert asyncio.run(read()) == statuses


def test_the_corpus_has_two_hundred_cases() -> None:
    names = [case.name for case in [*corpus(), *pairs()]]
    assert len(set(names)) == len(names) >= 200


@pytest.mark.parametrize(
    ("target", "host", "status"), [("api", "evil.example", 200), ("evil.example", "api", 403), ("API:8000", "", 200)]
)
def test_the_name_in_an_absolute_target_counts_and_the_host_header_does_not(
    api: Api, target: str, host: str, status: int
) -> None:
    raw = f"GET http://{target}/model HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    assert [answer.status for answer in conversation(api, raw.encode())] == [status]
