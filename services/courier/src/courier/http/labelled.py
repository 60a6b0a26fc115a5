"""Predictions whose truth is known, as CSV: what training learns from again."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import chain

import orjson

from courier.identifiers import PAST_ALL, first_id_at
from courier.store.reader import Labelled

PAGE_ROWS = 5000

Ask = Callable[[str, str, int], list[Labelled]]
"""`Reader.labelled`, on a connection for each call."""


def csv_of(ask: Ask, since: datetime, limit: int) -> Iterator[bytes]:
    """The newest `limit` predictions since then that have feedback, newest first, with the latest feedback of each.

    The features' columns are those of the newest row: a value that an older row lacks is empty, one that only an older
    row has is left out. Pages are read one by one, so that neither memory nor the store waits for a slow client.
    Raises StoreUnavailableError, also in the middle.
    """
    pages = _pages(ask, first_id_at(since), limit)
    # The first page is read here, so that a store that is down is an answer and not half of one.
    first = next(pages, [])
    names = list(orjson.loads(first[0].features)) if first else []
    return _lines(chain([first], pages), names)


def _lines(pages: Iterable[list[Labelled]], names: list[str]) -> Iterator[bytes]:
    yield _text([["prediction_id", "at", "version", *names, "predicted", "label", "source"]])
    for page in pages:
        yield _text([_cells(row, names) for row in page])


def _pages(ask: Ask, oldest: str, limit: int) -> Iterator[list[Labelled]]:
    before = PAST_ALL
    while limit > 0 and (judged := ask(oldest, before, min(limit, PAGE_ROWS))):
        before = judged[-1].prediction_id
        # Feedback on what nobody answered, or another model, has no row to learn from.
        page = [row for row in judged if row.features is not None]
        limit -= len(page)
        if page:
            yield page


def _cells(row: Labelled, names: list[str]) -> list[str]:
    features = orjson.loads(row.features)
    values = [_cell(features.get(name)) for name in names]
    return [row.prediction_id, row.at, row.version, *values, row.predicted, row.label, row.source]


def _cell(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _text(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
