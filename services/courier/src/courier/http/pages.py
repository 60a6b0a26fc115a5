"""The courier's HTTP pages: health, metrics, reads of the store, and the page that takes alerts."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPMethod, HTTPStatus

import orjson
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from structlog.typing import FilteringBoundLogger

from courier.errors import QuestionError
from courier.http.alerts import read_webhook
from courier.http.answered import lines_of, read_id
from courier.http.labelled import csv_of
from courier.http.scored import read_rows, read_scored
from courier.http.server import Page, Pages, Request, Response
from courier.identifiers import before_first_id_at, first_id_at
from courier.journal.outbox import Outbox
from courier.store.reader import Labelled, Reader

MOST_LABELLED, MOST_MOVES = 1_000_000, 10_000
LABELLED, MOVES = 100_000, 100
ANSWERED = 20_000
"""Rows of one page, which is made in memory."""

Report = Callable[[], tuple[bool, dict[str, object]]]


def make_pages(
    registry: CollectorRegistry,
    report: Report,
    outbox: Outbox,
    make_reader: Callable[[], Reader],
    log: FilteringBoundLogger,
) -> Pages:
    """The pages by method and path. `make_reader` gives each question about the store a connection of its own."""

    def metrics(request: Request) -> Response:
        encode, content_type = choose_encoder(request.accept)
        return Response(encode(registry), content_type)

    def health(_: Request) -> Response:
        ok, details = report()
        return Response(_json(details), status=HTTPStatus.OK if ok else HTTPStatus.SERVICE_UNAVAILABLE)

    def take_alerts(request: Request) -> Response:
        alerts, at = read_webhook(request.body), datetime.now(UTC)
        outbox.put([alert.record(at) for alert in alerts])
        for alert in alerts:
            summary = alert.annotations.get("summary", "")
            log.info("alert", name=alert.name, status=alert.status, severity=alert.severity, summary=summary)
        return Response(_json({"taken": len(alerts)}), status=HTTPStatus.ACCEPTED)

    def ask_labelled(oldest: str, before: str, rows: int) -> list[Labelled]:
        with make_reader() as reader:
            return reader.labelled(oldest, before, rows)

    def labelled(request: Request) -> Response:
        since, limit = _since(request), _limit(request, LABELLED, MOST_LABELLED)
        return Response(csv_of(ask_labelled, since, limit), "text/csv; charset=utf-8")

    def moves(request: Request) -> Response:
        limit = _limit(request, MOVES, MOST_MOVES)
        with make_reader() as reader:
            return Response(_json([move._asdict() for move in reader.moves(limit)]))

    def quality(_: Request) -> Response:
        with make_reader() as reader:
            return Response(_json([row._asdict() for row in reader.quality()]))

    return {
        (HTTPMethod.GET, "/metrics"): metrics,
        (HTTPMethod.GET, "/health"): health,
        (HTTPMethod.POST, "/alerts"): take_alerts,
        **_scored_by(outbox, log),
        (HTTPMethod.GET, "/labelled.csv"): labelled,
        (HTTPMethod.GET, "/answered.jsonl"): _answered_by(make_reader),
        (HTTPMethod.GET, "/moves.json"): moves,
        (HTTPMethod.GET, "/quality.json"): quality,
    }


def _scored_by(outbox: Outbox, log: FilteringBoundLogger) -> Pages:
    def take_scored(request: Request) -> Response:
        scored = read_scored(request.body)
        outbox.put([scored.record(datetime.now(UTC))])
        log.info("file scored", model=scored.model, version=scored.version, rows=scored.rows)
        return Response(_json({"taken": 1}), status=HTTPStatus.ACCEPTED)

    def take_rows(request: Request) -> Response:
        found = read_rows(request.body)
        outbox.put([found.record], found.id)
        return Response(_json({"taken": found.rows}), status=HTTPStatus.ACCEPTED)

    return {(HTTPMethod.POST, "/scored"): take_scored, (HTTPMethod.POST, "/scored/rows"): take_rows}


def _answered_by(make_reader: Callable[[], Reader]) -> Page:
    def answered(request: Request) -> Response:
        limit = _limit(request, ANSWERED, ANSWERED)
        after = request.query.get("after") or before_first_id_at(_since(request))
        with make_reader() as reader:
            rows = reader.answered(read_id(after), first_id_at(datetime.now(UTC)), limit)
        return Response(lines_of(rows), "application/jsonl")

    return answered


def _json(content: object) -> bytes:
    return orjson.dumps(content) + b"\n"


def _limit(request: Request, default: int, most: int) -> int:
    text = request.query.get("limit", str(default))
    if not text.isdecimal() or not 0 < int(text) <= most:
        raise QuestionError(f"limit is not a whole number from 1 to {most}: {text[:40]!r}")
    return int(text)


def _since(request: Request) -> datetime:
    text = request.query.get("since", "1970-01-01T00:00:00Z")
    # The second way: a plus that was not encoded arrives as a space.
    for way in (text, "+".join(text.rsplit(" ", 1))):
        with suppress(ValueError, OverflowError):
            moment = datetime.fromisoformat(way)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    raise QuestionError(f"since is no ISO 8601 time: {text[:40]!r}")
