"""Turns an error into an answer: application/problem+json, RFC 9457, unless a protocol has a form of its own."""

from http import HTTPStatus
from typing import Any

import orjson

from api.access.errors import ForbiddenError, UnauthorizedError
from api.errors import ApiError, MethodNotAllowedError, UnsupportedEncodingError
from api.http.body import Header
from api.http.exchange import Reply

CONTENT_TYPE = "application/problem+json"


def problem(error: ApiError, request_id: str) -> Reply:
    """An error as problem+json (RFC 9457)."""
    body: dict[str, Any] = {
        "type": f"urn:mlops-iris:problem:{error.slug}",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": error.detail,
        "request_id": request_id,
    }
    if error.errors:
        body["errors"] = error.errors
    return Reply(error.status, orjson.dumps(body), CONTENT_TYPE.encode(), headers_of(error))


def headers_of(error: ApiError) -> list[Header]:
    """The headers that HTTP asks for beside the body, in any protocol."""
    headers: list[Header] = []
    if error.retry_after is not None:
        headers.append((b"retry-after", str(error.retry_after).encode()))
    if isinstance(error, UnauthorizedError | ForbiddenError):
        headers.append((b"www-authenticate", error.challenge.encode()))
    if isinstance(error, MethodNotAllowedError) and error.allow:
        headers.append((b"allow", error.allow.encode()))
    if isinstance(error, UnsupportedEncodingError):
        headers.append((b"accept-encoding", error.accepted.encode()))
    return headers
