"""The answers that clients got, page by page from the courier; the trainer has no way to the store."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from trainer.errors import ReplayError
from trainer.loop.http_client import get

PAGE = "/answered.jsonl"
PAGE_ROWS = 20_000


class AuditedAnswer(NamedTuple):
    """One audited answer, as the courier's page has it."""

    id: str
    version: str
    bundle: str
    features: dict[str, Any]
    label: str
    probabilities: dict[str, float]
    value: float | None
    true_label: str | None
    true_value: float | None


def pages(courier_url: str, since: datetime, limit: int = PAGE_ROWS) -> Iterator[list[AuditedAnswer]]:
    """By id, oldest first, up to the moment of each question. Raises ServiceUnreachableError and ReplayError."""
    url = f"{courier_url.rstrip('/')}{PAGE}"
    query = {"since": since.isoformat(), "limit": str(limit)}
    while page := _read(get(url, query, timeout=120), url):
        yield page
        query = {"after": page[-1].id, "limit": str(limit)}


def _read(body: bytes, url: str) -> list[AuditedAnswer]:
    try:
        found = json.loads(b"[" + b",".join(body.splitlines()) + b"]")
        return [AuditedAnswer(*row) for row in found]
    except (ValueError, TypeError) as error:
        raise ReplayError(f"{url} answered something that is not a page of the audit: {error}") from error
