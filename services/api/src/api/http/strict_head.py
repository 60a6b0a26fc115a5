"""The checks of a request's head beyond the parser's, so that it can be read in one way only."""

import re
from urllib.parse import unquote_to_bytes

from api.http.body import Header
from api.http.errors import HeadTooLargeError, MalformedRequestError, TargetTooLongError, UpgradeRefusedError
from api.http.request import Request

LONGEST_TARGET = 8 * 1024
LONGEST_HEADER = 8 * 1024
MOST_HEADERS = 100
LONGEST_HEAD = 56 * 1024
"""Bytes of all headers, however they come: with the longest target it is what the reader collects before an end."""

_LINE = 4
"""Bytes of a header beside its name and value."""

_ABSOLUTE = re.compile(rb"https?://([A-Za-z0-9._~!$&'()*+,;=:\[\]%-]+)", re.IGNORECASE)
_SINGLE = frozenset({b"host", b"content-length", b"content-type", b"transfer-encoding", b"expect"})
_VERSIONS = frozenset({"1.1", "1.0"})


def read_head(request: Request, version: str) -> None:
    """Fill in the path, the query, the framing and the expectation of a request from its target and headers.

    Raises:
        MalformedRequestError: it can be read in two ways, or is not HTTP/1.1 or HTTP/1.0.
        UpgradeRefusedError: it asks for another protocol.
        TargetTooLongError, HeadTooLargeError: its target is too long, or all its headers are.
    """
    if version not in _VERSIONS or request.method == "CONNECT":
        raise MalformedRequestError
    if version == "1.0":
        request.http_1_0 = True
    seen, size = set(), 0
    for name, value in request.headers:
        size += len(name) + len(value) + _LINE
        if name in _SINGLE:
            if name in seen:
                raise MalformedRequestError
            seen.add(name)
            if name != b"host" and name != b"content-type":
                _read_framing(request, name, value)
        elif name == b"upgrade" or name == b"sec-websocket-key":
            _refuse_upgrade(name, value)
    if size > LONGEST_HEAD:
        raise HeadTooLargeError
    if b"host" not in seen and not request.http_1_0:
        raise MalformedRequestError
    _read_target(request)


def check_header(headers: list[Header], name: bytes, value: bytes) -> None:
    """Raises HeadTooLargeError: there are too many headers, or this one is too long."""
    if len(headers) >= MOST_HEADERS or len(name) + len(value) > LONGEST_HEADER:
        raise HeadTooLargeError


def _read_framing(request: Request, name: bytes, value: bytes) -> None:
    if name == b"content-length":
        # the parser has refused signs, lists and a length beside chunks
        length = value.strip(b" \t")
        if not length.isdigit() or len(length) > 18:
            raise MalformedRequestError
        request.length = int(length)
    elif name == b"transfer-encoding":
        if value.strip(b" \t").lower() != b"chunked" or request.http_1_0:
            raise MalformedRequestError
        request.length = None
    else:
        request.expects = value.strip(b" \t").lower() == b"100-continue" and not request.http_1_0


def _refuse_upgrade(name: bytes, value: bytes) -> None:
    """An upgrade to h2c alone does not count. curl and Java's client offer it with an ordinary request, and go on in
    HTTP/1.1 when it is not taken.
    """
    if name != b"upgrade" or any(token.strip(b" \t") not in (b"", b"h2c") for token in value.lower().split(b",")):
        raise UpgradeRefusedError


def _read_target(request: Request) -> None:
    target = request.target
    if len(target) > LONGEST_TARGET:
        raise TargetTooLongError
    if b"#" in target:
        raise MalformedRequestError
    if target[:1] != b"/":
        if target == b"*" and request.method == "OPTIONS":
            request.path = "*"
            return
        absolute = _ABSOLUTE.match(target)
        if absolute is None or target[absolute.end() : absolute.end() + 1] not in (b"", b"/", b"?"):
            raise MalformedRequestError
        # RFC 9112, 3.2.2: the name in the target counts, and the Host header does not
        request.headers = [(b"host", absolute[1]), *(one for one in request.headers if one[0] != b"host")]
        target = target[absolute.end() :]
        if target[:1] != b"/":
            target = b"/" + target
        request.target = target
    path, _, request.query = target.partition(b"?")
    request.path = (unquote_to_bytes(path) if b"%" in path else path).decode("utf-8", "replace")
