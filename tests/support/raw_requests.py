"""Requests as bytes, put together from their lines."""

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
