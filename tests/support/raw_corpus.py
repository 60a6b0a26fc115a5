"""Requests as bytes, and the statuses that must come back. A refusal ends the connection, whatever follows."""

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

HIDDEN = b"GET /health/live HTTP/1.1\r\nHost: api\r\n\r\n"
ROW = b'{"sepal_length":5.1,"sepal_width":3.5,"petal_length":1.4,"petal_width":0.2}'
CONTROLS = [*range(1, 9), 11, 12, *range(14, 32), 127]
NOT_TOKENS = b'"(),/;<=>?@[\\]{} '


class Case(NamedTuple):
    name: str
    raw: bytes
    statuses: tuple[int, ...]


def head(start: str, *lines: str, host: str | None = "Host: api") -> bytes:
    return "\r\n".join([start, *([host] if host else []), *lines, "", ""]).encode("latin-1")


def get(*lines: str) -> bytes:
    return head("GET /health/live HTTP/1.1", *lines)


def post(*lines: str) -> bytes:
    return head("POST /predict HTTP/1.1", "Content-Type: application/json", *lines)


def chunked(body: bytes) -> bytes:
    return post("Transfer-Encoding: chunked") + body


def refused(name: str, raw: bytes) -> Case:
    """400, and nothing behind it is answered."""
    return Case(name, raw + HIDDEN, (400,))


def corpus() -> list[Case]:
    """At least 200 cases, each with a name of its own."""
    return [*_start_lines(), *_headers(), *_framing(), *_chunks(), *_upgrades(), *_answered()]


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


def _framing() -> Iterator[Case]:
    for length in (
        "+2",
        "-2",
        "2,2",
        "2, 2",
        "2 2",
        "0x2",
        "2.0",
        "2e0",
        "1_0",
        "",
        " ",
        "two",
        "2;",
        '"2"',
        "\xb2",
        "99999999999999999999",
        "18446744073709551616",
    ):
        yield refused(f"Content-Length {length!r}", post(f"Content-Length: {length}") + b"{}")
    for first, second in product(("2", "0", "3"), repeat=2):
        lines = post(f"Content-Length: {first}", f"Content-Length: {second}")
        yield refused(f"Content-Length {first} and {second}", lines + b"{}")
    for coding in (
        "identity",
        "gzip",
        "gzip, chunked",
        "chunked, gzip",
        "chunked, chunked",
        "chunked,",
        ",chunked",
        "xchunked",
        "chunkedx",
        "chunked;q=1",
        '"chunked"',
        "\x0bchunked",
        "ch unked",
        "",
        "deflate",
        "cow",
        "chunked\x00",
    ):
        yield refused(f"Transfer-Encoding {coding!r}", post(f"Transfer-Encoding: {coding}") + b"0\r\n\r\n")
        both = post(f"Transfer-Encoding: {coding}", "Content-Length: 5")
        yield refused(f"Transfer-Encoding {coding!r} and a length", both + b"0\r\n\r\n")
    yield refused("a length, then chunks", post("Content-Length: 5", "Transfer-Encoding: chunked") + b"0\r\n\r\n")
    yield refused("chunks, then a length", post("Transfer-Encoding: chunked", "Content-Length: 5") + b"0\r\n\r\n")
    yield refused("chunked twice", post(*["Transfer-Encoding: chunked"] * 2) + b"0\r\n\r\n")
    old = head("POST /predict HTTP/1.0", "Transfer-Encoding: chunked", "Connection: keep-alive")
    yield refused("chunks in HTTP/1.0", old + b"0\r\n\r\n")


def _chunks() -> Iterator[Case]:
    for line in (
        "2\n{}\r\n",
        "2;x\nx\r\n{}\r\n",
        "2;x\rx\r\n{}\r\n",
        "2;\x01\r\n{}\r\n",
        "+2\r\n{}\r\n",
        "-2\r\n{}\r\n",
        "0x2\r\n{}\r\n",
        " 2\r\n{}\r\n",
        "2 \r\n{}\r\n",
        "2\t\r\n{}\r\n",
        "g\r\n{}\r\n",
        "\r\n{}\r\n",
        "2\r{}\r\n",
        "1\r\n{}\r\n",
        "3\r\n{}\r\n",
        "2\r\n{}XX",
        "2\r\n{}\n",
        "2\r\n{}\r",
        "2\r\n{}\n\n",
        "2\r\n{}\r\r\n",
        "2\r\n{}\r\n\r\n",
        "ffffffffffffffffff\r\n{}\r\n",
        "2,2\r\n{}\r\n",
        "2_0\r\n{}\r\n",
        "2 ;x\r\n{}\r\n",
        "2\r\n{}",
        "2;\xff\r\n{}\r\n",
        '2;a="\r\n{}\r\n',
        "2\r\n{}0\r\n",
    ):
        yield refused(f"chunk {line!r}", chunked(line.encode("latin-1") + b"0\r\n\r\n"))
    for trailer in (
        "X: y\n",
        "X : y\r\n",
        " X: y\r\n",
        "X\r\n",
        "X: \x01\r\n",
        ": y\r\n",
        "Content-Length: 3\r\n",
        "Transfer-Encoding: chunked\r\n",
    ):
        yield refused(f"trailer {trailer!r}", chunked(b"2\r\n{}\r\n0\r\n" + trailer.encode() + b"\r\n"))


def _upgrades() -> Iterator[Case]:
    for protocol in (
        "websocket",
        "WebSocket",
        "h2c, websocket",
        "websocket/13",
        "TLS/1.0",
        "h2",
        "connect-ip",
        "h2c,x",
    ):
        yield refused(f"Upgrade {protocol}", get("Connection: Upgrade", f"Upgrade: {protocol}"))
        yield refused(f"Upgrade {protocol} alone", get(f"Upgrade: {protocol}"))
    yield refused("a WebSocket key", get("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="))


def _answered() -> Iterator[Case]:
    """Good requests, and what comes behind them."""
    last = get("Connection: close")
    h2c = "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AA"
    for name, raw, statuses in (
        ("two in one breath", get() + last, (200, 200)),
        ("a chunk extension", chunked(b"2;a=b\r\n{}\r\n0\r\n\r\n") + last, (422, 200)),
        ("a chunk extension in quotes", chunked(b'2;a="b c"\r\n{}\r\n0\r\n\r\n') + last, (422, 200)),
        ("a trailer", chunked(b"2\r\n{}\r\n0\r\nX: y\r\n\r\n") + last, (422, 200)),
        ("zeros before a chunk size", chunked(b"0002\r\n{}\r\n000\r\n\r\n") + last, (422, 200)),
        ("the body of a GET", get("Content-Length: 2") + b"{}" + last, (200, 200)),
        ("a body that looks like a request", post(f"Content-Length: {len(HIDDEN)}") + HIDDEN + last, (422, 200)),
        ("an empty line before a request", b"\r\n" + get() + b"\r\n" + last, (200, 200)),
        ("a request behind the last one", last + get(), (200,)),
        ("a request of RTSP", head("GET /health/live RTSP/1.0") + last, (200,)),
        ("HTTP/1.0", head("GET /health/live HTTP/1.0") + get(), (200,)),
        ("HTTP/1.0 without Host", head("GET /health/live HTTP/1.0", host=None), (200,)),
        ("HTTP/1.0 kept alive", head("GET /health/live HTTP/1.0", "Connection: keep-alive") + last, (200, 200)),
        ("absolute form", head("GET http://api/health/live HTTP/1.1") + last, (200, 200)),
        (
            "absolute form with a port and a query",
            head("GET HTTP://api:80/health/live?a=b HTTP/1.1") + last,
            (200, 200),
        ),
        ("an address with an escape", head("GET /health/l%69ve HTTP/1.1") + last, (200, 200)),
        ("a byte beyond ASCII in a value", get("X: \xe9") + last, (200, 200)),
        ("a tab around a value", get("X:\ty\t") + last, (200, 200)),
        ("a body with a leading zero in its length", post("Content-Length: 002") + b"{}" + last, (422, 200)),
        ("spaces and tabs around a length", post("Content-Length: \t2 \t") + b"{}" + last, (422, 200)),
        (
            "a name that is like Transfer-Encoding",
            post("Transfer_Encoding: chunked", "Content-Length: 2") + b"{}" + last,
            (422, 200),
        ),
        ("the address of another host", head("GET //evil.example/health/live HTTP/1.1") + last, (404, 200)),
        ("another host in absolute form", head("GET http://evil.example/health/live HTTP/1.1") + last, (403, 200)),
        ("a line's end in an escape", head("GET /v2/models/%0d%0aSet-Cookie:a HTTP/1.1") + last, (404, 200)),
        ("a NUL in an escape", head("GET /docs/%00 HTTP/1.1") + last, (404, 200)),
        ("a way up in an escape", head("GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1") + last, (404, 200)),
        (
            "a trailer with a name that counts in a head",
            chunked(b"2\r\n{}\r\n0\r\nHost: evil.example\r\nExpect: 100-continue\r\n\r\n") + last,
            (422, 200),
        ),
        (
            "an upgrade in a trailer",
            chunked(b"2\r\n{}\r\n0\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n") + last,
            (422, 200),
        ),
        ("h2c three times", get(*h2c) * 3 + last, (200, 200, 200, 200)),
        (
            "h2c with chunks",
            chunked(b"2\r\n{}\r\n0\r\n\r\n").replace(b"Host: api", b"Host: api\r\nUpgrade: h2c\r\nConnection: Upgrade")
            + last,
            (422, 200),
        ),
        ("h2c as an offer", get(*h2c) + last, (200, 200)),
        ("h2c with a body", post(*h2c, "Content-Length: 2") + b"{}" + last, (422, 200)),
    ):
        yield Case(name, raw, statuses)
