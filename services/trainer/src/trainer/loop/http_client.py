"""Asking one of the platform's own HTTP services."""

import json
import time
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

from trainer.errors import ServiceUnreachableError

TIMEOUT_SECONDS = 10.0
BODY_SECONDS = 120.0
MAX_BYTES = 64 * 1024 * 1024


class ServiceBusyError(ServiceUnreachableError):
    """It answered 503: the same request may be taken later."""


def get(
    url: str, query: dict[str, str] | None = None, *, timeout: float = TIMEOUT_SECONDS, within: float = BODY_SECONDS
) -> bytes:
    """The body of a 200, at most 64 MiB. Raises ServiceUnreachableError for all else.

    `timeout` is the longest silence and `within` the longest time for the whole body, both in seconds.
    """
    return _asked(Request(f"{url}?{urlencode(query)}" if query else url), timeout, within)  # noqa: S310


def post_json(url: str, content: Any, *, timeout: float = TIMEOUT_SECONDS) -> bytes:
    """The body of a successful answer. Raises as `get`."""
    headers = {"Content-Type": "application/json"}
    return _asked(Request(url, json.dumps(content).encode(), headers), timeout, BODY_SECONDS)  # noqa: S310


def _asked(request: Request, timeout: float, within: float) -> bytes:
    address = request.full_url
    url = address.partition("?")[0]
    # These services are neighbours: a proxy for the outside does not lead to them.
    opener = build_opener(ProxyHandler({}))
    try:
        with opener.open(request, timeout=timeout) as response:
            body = _read(response, within)
    except HTTPError as error:
        explanation = error.read(300).decode(errors="replace").strip()
        kind = ServiceBusyError if error.code == HTTPStatus.SERVICE_UNAVAILABLE else ServiceUnreachableError
        raise kind(f"{address} answered {error.code}: {explanation or error.reason}") from error
    except (OSError, HTTPException, ValueError) as error:
        reason = error.reason if isinstance(error, URLError) else error
        raise ServiceUnreachableError(f"{url} does not answer: {reason or type(error).__name__}") from error
    if len(body) > MAX_BYTES:
        raise ServiceUnreachableError(f"{address} answered with more than {MAX_BYTES} bytes")
    return body


def _read(response: HTTPResponse, within: float) -> bytes:
    """The whole body, or one byte more than is allowed. A server that sends a byte now and then does not hold us."""
    deadline, body = time.monotonic() + within, bytearray()
    while len(body) <= MAX_BYTES and (part := response.read1(1024 * 1024)):
        body += part
        if time.monotonic() > deadline:
            raise TimeoutError(f"its answer took more than {within:g} s")
    if response.length:
        raise HTTPException(f"its answer ended {response.length} bytes early")
    return bytes(body)


def get_json(url: str, query: dict[str, str] | None = None, *, timeout: float = TIMEOUT_SECONDS) -> Any:
    """The same, parsed."""
    try:
        return json.loads(get(url, query, timeout=timeout))
    except ValueError as error:
        raise ServiceUnreachableError(f"{url} answered something that is not JSON: {error}") from error
