"""Requests as bytes whose bodies can be read in two ways, and those that are right and answered."""

from collections.abc import Iterator
from itertools import product

from tests.support.raw_requests import HIDDEN, Case, chunked, get, head, post, refused


def framing() -> Iterator[Case]:
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


def chunks() -> Iterator[Case]:
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


def upgrades() -> Iterator[Case]:
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


def answered() -> Iterator[Case]:
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
