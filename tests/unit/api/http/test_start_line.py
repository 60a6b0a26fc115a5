"""The first line of a request is read in one way, wherever its bytes begin and however they are cut."""

import random
from itertools import pairwise

import pytest

from api.http.errors import MalformedRequestError, TargetTooLongError
from api.http.reader import RequestReader
from api.http.request import Request

GOOD = b"GET /health/live?a=b HTTP/1.1\r\nHost: api\r\n\r\n"
WITH_BODY = b"POST /predict HTTP/1.1\r\nHost: api\r\nContent-Length: 7\r\n\r\n{}\r\n\r\nx"
CHUNKED = b"POST /predict HTTP/1.1\r\nHost: api\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
OLD = b"GET /health/live HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
OFFERED = b"POST /predict HTTP/1.1\r\nHost: api\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\n{}"
BAD = (
    b"GET  /health/live HTTP/1.1\r\nHost: api\r\n\r\n",
    b"GET /health/live  HTTP/1.1\r\nHost: api\r\n\r\n",
    b"GET /health/live RTSP/1.0\r\nHost: api\r\n\r\n",
)


def read(raw: bytes, size: int) -> list[tuple[str, bytes]]:
    """The method and target of each request, from ``raw`` in pieces of ``size`` bytes."""
    found: list[Request] = []
    reader = RequestReader(Request, found.append)
    for start in range(0, len(raw), size):
        reader.feed(memoryview(raw)[start : start + size])
    return [(one.method, one.target) for one in found]


@pytest.mark.parametrize("size", [1, 3, 7, 40, 1000])
def test_good_requests_are_read_behind_each_other_in_pieces_of_any_size(size: int) -> None:
    one, two, three = ("GET", b"/health/live?a=b"), ("POST", b"/predict"), ("GET", b"/health/live")
    raw = b"\r\n\r\n" + GOOD + WITH_BODY + CHUNKED + b"\r\n" + OLD + OFFERED + GOOD + GOOD
    assert read(raw, size) == [one, two, two, three, two, one, one]


def test_requests_that_are_alike_are_read_wherever_their_bytes_are_cut() -> None:
    raw, draw = (GOOD + WITH_BODY) * 6, random.Random(4)
    for _ in range(300):
        found: list[Request] = []
        reader = RequestReader(Request, found.append)
        cuts = sorted(draw.sample(range(1, len(raw)), draw.randrange(1, 9)))
        for start, end in pairwise([0, *cuts, len(raw)]):
            reader.feed(raw[start:end])
        assert [one.method for one in found] == ["GET", "POST"] * 6, cuts


@pytest.mark.parametrize("size", [1, 3, 40, 1000])
@pytest.mark.parametrize("before", [b"", b"\r\n", GOOD, WITH_BODY, CHUNKED, OLD], ids=range(6))
@pytest.mark.parametrize("bad", BAD, ids=["spaces before", "spaces behind", "RTSP"])
def test_a_line_that_is_written_otherwise_is_refused(before: bytes, bad: bytes, size: int) -> None:
    with pytest.raises(MalformedRequestError):
        read(before + bad, size)


@pytest.mark.parametrize("size", [1, 1000, 100_000])
def test_the_longest_target_is_read_behind_a_long_body(size: int) -> None:
    target = b"/" + b"a" * 8000
    long = b"POST /predict HTTP/1.1\r\nHost: api\r\nContent-Length: 30000\r\n\r\n" + bytes(30000)
    assert read(long + b"GET " + target + b" HTTP/1.1\r\nHost: api\r\n\r\n", size)[1] == ("GET", target)


@pytest.mark.parametrize("size", [1000, 16_384, 70_000])
def test_a_target_that_is_too_long_is_named_as_that(size: int) -> None:
    with pytest.raises(TargetTooLongError):
        read(b"GET /" + b"x" * 60_000 + b" HTTP/1.1\r\nHost: api\r\n\r\n", size)
