"""Answers that clients got, as JSON lines: the questions that a replay asks another version again."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import orjson

from courier.errors import QuestionError
from courier.store.reader import Answered


def lines_of(rows: Sequence[Answered]) -> bytes:
    """One array for each row, in the order of :class:`courier.store.reader.Answered`."""
    return b"".join(map(_line, rows))


def read_id(text: str) -> str:
    """The id after which a page begins. Raises QuestionError."""
    try:
        return str(UUID(text))
    except ValueError:
        raise QuestionError(f"after is not an id: {text[:40]!r}") from None


def _line(row: Answered) -> bytes:
    # Features and probabilities are JSON in the store: they are not read to be written again.
    head = orjson.dumps(row[:3])[1:-1]
    tail = orjson.dumps(row[6:])[1:-1]
    features, label, probabilities = row.features.encode(), orjson.dumps(row.label), row.probabilities.encode()
    return b"[%b,%b,%b,%b,%b]\n" % (head, features, label, probabilities, tail)
