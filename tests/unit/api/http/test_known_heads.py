"""Which heads are remembered, and what counts as a request that has one."""

from typing import Any, cast

import pytest

from api.http.errors import MalformedRequestError
from api.http.known_heads import KnownHeads, OneRowHead
from api.http.reader import RequestReader
from api.http.request import Request
from api.http.routing import ImmediateEndpoint, Route
from tests.torture.raw import request

BODY = b'{"a": 1}'
PLAIN = request("/predict", BODY)
ENDPOINT = ImmediateEndpoint(lambda *_: None, lambda _: b"", 100)
HEAD = OneRowHead(Route("/predict", {}), ENDPOINT, b"", "", len(BODY), lambda _: None, lambda _: None)


def read(raw: bytes) -> list[Request]:
    """What the parser finds."""
    found: list[Request] = []
    RequestReader(Request, found.append).feed(raw)
    return found


def known(raw: bytes) -> KnownHeads[OneRowHead]:
    heads = KnownHeads[OneRowHead]()
    (found,) = read(raw)
    heads.add(raw, found.headers, HEAD)
    return heads


START = len(PLAIN) - len(BODY)


def test_a_request_with_a_head_that_was_read_is_found_whatever_its_body_is() -> None:
    heads = known(PLAIN)
    assert heads.find(PLAIN) == (HEAD, START)
    assert heads.find(PLAIN[:START] + b'{"b": 2}') == (HEAD, START)


def test_the_start_of_such_a_request_is_found_as_soon_as_its_head_is_there() -> None:
    heads = known(PLAIN)
    assert [heads.find_start(PLAIN[:size]) for size in (START - 1, START, START + 1, len(PLAIN))] == [
        None, (HEAD, START), (HEAD, START), (HEAD, START),
    ]  # fmt: skip
    assert heads.find_start(PLAIN + b" ") is None
    assert known(PLAIN[:START]).find(PLAIN) == (HEAD, START), "a head can be remembered before its body is there"


@pytest.mark.parametrize(
    "other",
    [
        PLAIN[:-1], PLAIN + b" ", PLAIN + PLAIN, b"\r\n" + PLAIN, PLAIN[: -len(BODY)], b"", b"\r\n\r\n",
        PLAIN.replace(b"Content-Length: 8", b"Content-Length: 9"), PLAIN.replace(b"Host: api", b"Host:  api"),
        PLAIN.replace(b"Host: api\r\n", b"Host: api\n"), PLAIN.replace(b"HTTP/1.1", b"HTTP/1.0"),
    ],
)  # fmt: skip
def test_whatever_differs_by_a_byte_is_for_the_parser(other: bytes) -> None:
    assert known(PLAIN).find(other) is None


@pytest.mark.parametrize(
    "header",
    [
        "X-Request-Id: 1", "Authorization: Bearer s", "X-API-Key: s", "Cookie: a=b", "traceparent: 00",
        "X: " + "x" * 1024,
    ],
)  # fmt: skip
def test_heads_that_are_secret_new_each_time_or_long_are_not_kept(header: str) -> None:
    raw = request("/predict", BODY, header)
    assert known(raw).find(raw) is None


@pytest.mark.parametrize("raw", [b"\r\n" + PLAIN, PLAIN + b"\r\n"])
def test_bytes_that_hold_more_than_the_request_teach_no_head(raw: bytes) -> None:
    heads = KnownHeads[OneRowHead]()
    heads.add(raw, read(PLAIN)[0].headers, HEAD)
    assert heads.find(raw) is None
    assert heads.find(PLAIN) is None


def test_so_many_heads_are_kept_and_the_oldest_goes_first() -> None:
    heads = KnownHeads[OneRowHead]()
    many = [request("/predict", BODY, f"User-Agent: {number}") for number in range(300)]
    for raw in many:
        heads.add(raw, read(raw)[0].headers, HEAD)
    assert [heads.find(raw) is not None for raw in many] == [False] * 44 + [True] * 256


def test_a_head_that_the_parser_takes_has_no_other_empty_line_than_crlf_crlf() -> None:
    """What the cut at the first CR LF CR LF relies on: no line of a head may end in a bare LF or CR."""
    lines = [b"POST /predict HTTP/1.1", b"Host: api", b"Content-Length: 8", b"", b""]
    for ends in (b"\n", b"\r", b"\n\r", b"\r\r\n"):
        for place in range(4):
            cut = b"".join(line + (ends if at == place else b"\r\n") for at, line in enumerate(lines[:4]))
            try:
                found = read(cut + BODY)
            except MalformedRequestError:
                continue
            assert not any(cast(Any, one).complete for one in found), (ends, place)
