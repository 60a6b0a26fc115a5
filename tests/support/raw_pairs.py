"""More requests as bytes: those that two servers behind each other are known to read in two ways."""

from collections.abc import Iterator

from tests.support.raw_requests import HIDDEN, Case, chunked, get, head, post, refused

SMUGGLED = b"POST /predict HTTP/1.1\r\nHost: api\r\nContent-Length: 2\r\n\r\n{}"


def pairs() -> list[Case]:
    """At least 100 cases, each with a name of its own."""
    return [*_folds(), *_lengths(), *_codings(), *_hosts(), *_sizes(), *_versions(), *_trailers(), *_behind()]


def _folds() -> Iterator[Case]:
    """Lines that an old parser reads as a part of the line before."""
    for name in ("Host", "Content-Length", "Transfer-Encoding", "Connection", "X"):
        for fold in ("\r\n ", "\r\n\t", "\n ", "\r ", "\r\n \r\n "):
            yield refused(f"{name} over two lines by {fold!r}", post(f"{name}:{fold}2", "X: y") + b"{}")
    yield refused("a fold before the first header", b"GET /health/live HTTP/1.1\r\n X: y\r\nHost: api\r\n\r\n")
    yield refused("a length in the fold of another header", post("X: a\r\n Content-Length: 2") + b"{}")


def _lengths() -> Iterator[Case]:
    """Two lengths, or one that is found by one reader only."""
    for second in (
        "content-length: 0",
        "CONTENT-LENGTH: 2",
        "Content-Length : 0",
        "Content-Length\t: 0",
        "Content_Length\x00: 0",
        "X: y\nContent-Length: 0",
        "X: y\rContent-Length: 0",
        "Content-Length: 2\r\nContent-Length: 2,2",
        "Content-Length: \x0b2",
        "Content-Length: 2\x0c",
        "Content-Length:\r\n 0",
    ):
        yield refused(f"a length, then {second!r}", post("Content-Length: 2", second) + b"{}")


def _codings() -> Iterator[Case]:
    """CL.TE and TE.CL: each with what the other reader would take for the next request."""
    for coding in (
        "Transfer-Encoding: chunked",
        "transfer-encoding: CHUNKED",
        "Transfer-Encoding:chunked",
        "Transfer-Encoding:\tchunked",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding\t:chunked",
        " Transfer-Encoding: chunked",
        "X: y\nTransfer-Encoding: chunked",
        "X: y\rTransfer-Encoding: chunked",
        "Transfer-Encoding: \x0bchunked",
        "Transfer-Encoding: chunked\x0c",
        "Transfer-Encoding:\r\n chunked",
        "Transfer-Encoding: x\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: x",
        "Transfer-Encoding: chunked\r\nTransfer-encoding: identity",
        "Transfer-Encoding: 'chunked'",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: identity, chunked",
        "Transfer-Encoding: chunked;",
        "Transfer-Encoding\x00: chunked",
    ):
        ended = b"0\r\n\r\n" + SMUGGLED
        yield refused(f"CL.TE by {coding!r}", post(f"Content-Length: {len(ended)}", coding) + ended)
        inside = b"%x\r\n%b\r\n0\r\n\r\n" % (len(SMUGGLED), SMUGGLED)
        yield refused(f"TE.CL by {coding!r}", post(coding, "Content-Length: 4") + inside)


def _hosts() -> Iterator[Case]:
    """Absolute forms that name somebody else, or nobody."""
    for target in (
        "http://user@api/health/live",
        "http://user:word@api/health/live",
        "http://api@evil.example/health/live",
        "http://api\\@evil.example/health/live",
        "http://@/health/live",
        "//api/health/live@http://x y",
        "https:api/health/live",
        "file:///health/live",
        "http//api/health/live",
        "http://api/health/live#part",
        "http://a b/health/live",
        "http://api\x00/health/live",
    ):
        yield refused(f"target {target!r}", head(f"GET {target} HTTP/1.1"))


def _sizes() -> Iterator[Case]:
    """Heads that are larger than any client's: refused, and the rest of the bytes is not read as a request."""
    for name, raw, status in (
        ("a hundred headers too many", get(*[f"X-{n}: y" for n in range(200)]), 431),
        ("a header of 9 kB", get(f"X: {'y' * 9000}"), 431),
        ("a name of 9 kB", get(f"{'X' * 9000}: y"), 431),
        ("a target of 9 kB", head(f"GET /{'a' * 9000} HTTP/1.1"), 414),
        ("headers of 60 kB", get(*[f"X-{n}: {'y' * 5000}" for n in range(12)]), 431),
    ):
        yield Case(name, raw + HIDDEN, (status,))


def _versions() -> Iterator[Case]:
    for name, raw in (
        ("HTTP/0.9", b"GET /health/live\r\n"),
        ("HTTP/0.9 with a line feed", b"GET /health/live\n"),
        ("the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        ("the preface of HTTP/2 and a frame", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])),
        ("HTTP/2.0 in a request", head("GET /health/live HTTP/2.0")),
        ("HTTP/3", head("GET /health/live HTTP/3")),
        ("HTTP/1.10", head("GET /health/live HTTP/1.10")),
        ("HTTP/01.1", head("GET /health/live HTTP/01.1")),
        ("a greeting of TLS", b"\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03"),
        ("a greeting of SSH", b"SSH-2.0-OpenSSH_9.6\r\n"),
        ("a line of SMTP", b"EHLO api\r\n"),
        ("a header of a proxy", b"PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n"),
    ):
        yield refused(name, raw)


def _trailers() -> Iterator[Case]:
    for trailer in (
        "Host: evil.example\n\r\n",
        "X: a\r\n b\r\n",
        "X: a\rb\r\n",
        "X\x00: a\r\n",
        "X: a\x00b\r\n",
        "Content-Length: 2\r\nContent-Length: 3\r\n",
        "\x80: y\r\n",
    ):
        yield refused(f"trailer {trailer!r}", chunked(b"2\r\n{}\r\n0\r\n" + trailer.encode("latin-1") + b"\r\n"))
    for extension in (";a\x00", ";a\nb", ";a\rb", ';a="b\r\n"', ";\x80=\n", "\x00"):
        yield refused(f"chunk extension {extension!r}", chunked(f"2{extension}\r\n{{}}\r\n0\r\n\r\n".encode("latin-1")))


def _behind() -> Iterator[Case]:
    """Pipelined requests: what was whole before a refusal is answered, and nothing behind it."""
    bad = get("X: a\x00b")
    for count in (1, 2, 5):
        yield Case(f"{count} before a refusal", get() * count + bad + HIDDEN, (*[200] * count, 400))
    yield Case("a body before a refusal", post("Content-Length: 2") + b"{}" + bad + HIDDEN, (422, 400))
    yield Case("two refusals", bad + bad + HIDDEN, (400,))
    yield Case("a bare line feed between two", get() + b"\n\x00" + HIDDEN, (200, 400))
    yield Case("bytes behind a body", post("Content-Length: 2") + b"{}}" + HIDDEN, (422, 400))
    yield Case("a body longer than its length", post("Content-Length: 2") + b"{}[1]" + HIDDEN, (422, 400))
