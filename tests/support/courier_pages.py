"""The courier's pages, asked without a server."""

from http import HTTPMethod
from pathlib import Path

import structlog
from prometheus_client import CollectorRegistry

from courier.http.pages import Report, make_pages
from courier.http.server import Pages, Request, Response, answer
from courier.journal.outbox import Outbox
from courier.store.reader import Reader
from courier.store.sqlite_source import SqliteSource


def well() -> tuple[bool, dict[str, object]]:
    return True, {}


def pages_of(folder: Path, report: Report = well, registry: CollectorRegistry | None = None) -> Pages:
    """The pages of a courier whose store is `folder`/store.db and whose journal is `folder`/journal."""

    def reader() -> Reader:
        return Reader(SqliteSource(folder / "store.db"), "iris_clf")

    outbox, log = Outbox(folder / "journal"), structlog.get_logger()
    return make_pages(registry or CollectorRegistry(), report, outbox, reader, log)


def get(pages: Pages, path: str, **query: str) -> Response:
    return answer(pages, HTTPMethod.GET, Request(path, query))


def text_of(response: Response) -> str:
    body = response.body
    return (body if isinstance(body, bytes) else b"".join(body)).decode()
