"""Requests as bytes, and the statuses that must come back. A refusal ends the connection, whatever follows."""

from collections.abc import Iterator

from tests.support.raw_bodies import answered, chunks, framing, upgrades
from tests.support.raw_requests import CONTROLS, NOT_TOKENS, Case, get, head, refused


def corpus() -> list[Case]:
    """At least 200 cases, each with a name of its own."""
    return [*_start_lines(), *_headers(), *framing(), *chunks(), *upgrades(), *answered()]


def _start_lines() -> Iterator[Case]:
    for line in (
        "get / HTTP/1.1",
        "GET / http/1.1",
        "GET / HTTP/1.2",
        "GET / HTTP/2.0",
        "GET / HTTP/0.9",
        "GET / HTTP/11",
        "GET / HTTP/1.1 x",
        "GET / HTTP/ 1.1",
        "GET / HTTP1.1",
        "GET /",
        "GET",
        "/ HTTP/1.1",
        "GET HTTP/1.1",
        "FOO / HTTP/1.1",
        "G ET / HTTP/1.1",
        "GET\t/ HTTP/1.1",
        "GET /\tHTTP/1.1",
        "GET health HTTP/1.1",
        "GET ../ HTTP/1.1",
        "GET /a#b HTTP/1.1",
        "GET /a b HTTP/1.1",
        "GET * HTTP/1.1",
        "POST * HTTP/1.1",
        "CONNECT api:80 HTTP/1.1",
        "GET ftp://api/ HTTP/1.1",
        "GET http:///health/live HTTP/1.1",
        "GET http:/health HTTP/1.1",
        "GET http:// HTTP/1.1",
        "PRI * HTTP/2.0",
        " GET / HTTP/1.1",
        "\x00GET / HTTP/1.1",
        "GET /\x80 HTTP/1.1",
        "GET /\xe9 HTTP/1.1",
        "GET / HTTP/1.1\x00",
        "\x16\x03\x01\x02",
        "GET / HTTP/1.\xb1",
        "GET / HTTP/01.1",
        "GET / HTTP/1.01",
        "GET / HTTP/1.1 ",
        "GET / HTTP/1.1\x0b",
        "GET / ICE/1.0",
        "OPTIONS rtsp://api/ RTSP/1.0",
        "GET / RTSP/1.0",
        "GET /health/live RTSP/1.0",
        "SETUP / RTSP/1.0",
        "GET  /health/live HTTP/1.1",
        "GET /health/live  HTTP/1.1",
        "GET   /   HTTP/1.0",
        "GET ? HTTP/1.1",
        "GET api:443 HTTP/1.1",
        "GET http://user:word@api/ HTTP/1.1",
        "GET http://api\\@evil/ HTTP/1.1",
        "TRACE * HTTP/1.1",
        "M-SEARCH * HTTP/1.1",
        "CONNECT / HTTP/1.1",
        "ANNOUNCE / HTTP/1.1",
        "BREW / HTTP/1.1",
        "SSH-2.0-OpenSSH_9.2",
        "PROXY TCP4 1.1.1.1 2.2.2.2 1 2",
        "*1\r\n$4\r\nPING",
        "EHLO api",
    ):
        yield refused(f"start line {line!r}", head(line))
    for control in CONTROLS:
        yield refused(f"a target with byte {control}", head(f"GET /{chr(control)} HTTP/1.1"))
    yield refused("a line feed alone ends the start line", b"GET /health/live HTTP/1.1\nHost: api\r\n\r\n")
    yield refused("a carriage return alone ends the start line", b"GET /health/live HTTP/1.1\rHost: api\r\n\r\n")


def _headers() -> Iterator[Case]:
    for line in (
        "X : y",
        "X\t: y",
        ": y",
        "X",
        "X y",
        " X: y",
        "\tX: y",
        "X: y\nZ: z",
        "X: y\rZ: z",
        "X: y\n",
        "X: a\r\n b",
        "X: a\r\n\tb",
        "\xe9: y",
        "X\xe9: y",
        "Host: other",
        "Host: api",
        "Content-Type: a\r\nContent-Type: b",
        "Expect: 100-continue\r\nExpect: 100-continue",
    ):
        yield refused(f"header {line!r}", get(line))
    for sign in NOT_TOKENS:
        yield refused(f"a name with {chr(sign)!r}", get(f"X{chr(sign)}Y: z"))
    for control in [0, *CONTROLS]:
        yield refused(f"a value with byte {control}", get(f"X: a{chr(control)}b"))
        yield refused(f"a name with byte {control}", get(f"X{chr(control)}: b"))
    yield refused("no Host", head("GET /health/live HTTP/1.1", host=None))
    yield refused("a line feed alone ends the head", b"GET /health/live HTTP/1.1\r\nHost: api\n\n")
