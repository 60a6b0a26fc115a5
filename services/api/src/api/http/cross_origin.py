"""CORS: the headers for pages of other origins. Those of ALLOWED_ORIGINS may ask and read; cookies never pass."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from api.access.host_check import ANY
from api.http.body import Header
from api.http.exchange import Reply

_SECONDS = b"600"
_ASKED = b"access-control-request-method"
_METHODS = b"GET, HEAD, POST"
_SENT = (
    b"authorization, content-encoding, content-type, inference-header-content-length, x-api-key, x-model-version, "
    b"x-request-id, x-request-timeout-ms, x-routing-key, x-trial"
)
_READ = (
    b"inference-header-content-length, retry-after, x-lines-left-out, x-model-variant, x-model-version, x-request-id"
)


class CrossOrigin:
    """The CORS headers of answers to pages of ``origins``; without one, no header is ever added.

    ``origins`` are as :func:`api.access.host_check.read_origins` returns them.
    """

    def __init__(self, origins: Collection[str]) -> None:
        self._origins = {origin.encode("latin-1") for origin in origins}
        self._any = ANY in origins

    def headers(self, origin: bytes) -> list[Header]:
        """The headers of every answer to a page of that origin; none for an origin that is not listed."""
        if self._any:
            return [(b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", _READ)]
        if not self._origins:
            return []
        origin = origin.lower()
        if origin not in self._origins:
            return [(b"vary", b"origin")]
        return [
            (b"access-control-allow-origin", origin),
            (b"access-control-expose-headers", _READ),
            (b"vary", b"origin"),
        ]


def preflight(method: str, headers: Sequence[Header], cors: Sequence[Header]) -> Reply | None:
    """The answer to the question whether a page may ask, or None where this is not that question."""
    if method != "OPTIONS" or not cors or not any(name == _ASKED for name, _ in headers):
        return None
    allowed = [
        (b"access-control-allow-methods", _METHODS),
        (b"access-control-allow-headers", _SENT),
        (b"access-control-max-age", _SECONDS),
    ]
    return Reply(200, b"", b"text/plain", allowed)


def shared(reply: Reply, cors: Sequence[Header]) -> Reply:
    """The reply with these headers."""
    return replace(reply, headers=[*reply.headers, *cors])
