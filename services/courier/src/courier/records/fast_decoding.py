"""The api's own records, many at once and a column at a time: the rows of `records.decode` for a fraction of its time.

A record begins with what its model says (kind, names, hash) and the name of the api key, the same bytes for every such
answer of that model, and goes on with what its request says. The first half is read once and remembered, the second
halves of many records are parsed together, and no number is touched in Python: a table of them becomes text as a whole
and is cut at its commas.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain, repeat
from typing import Any, NamedTuple, TypeVar

import orjson

from courier.errors import FrameRefusedError
from courier.records.fields import moment_of, names_of, optional_text_of, text_of
from courier.records.records import Kind, PredictionRow

MODEL_FIELDS, REQUEST_FIELDS = 7, 7
COMMON_LISTS = ("ids", "rows", "labels")
MODELS_REMEMBERED = 64

_SECOND_HALF = b',"at":"'
_TRACE = b',"trace_id":'
_REASONS = b',"reasons":['
_TRIAL = b',"trial":'

Value = TypeVar("Value")


class Columns(NamedTuple):
    """The rows of some records, and how many each of them has."""

    kind: Kind
    rows: list[PredictionRow]
    counts: list[int]


class _Model(NamedTuple):
    """The first half of a record; the shapes are JSON objects with a %s for each value."""

    kind: Kind
    model: str
    version: str
    variant: str
    bundle: str
    api_key: str | None
    classes: list[str]
    features: list[str]
    features_shape: str
    shares_shape: str


def first_half(payload: bytes) -> bytes:
    """The common part of records that can be read together; empty when this is not such a record."""
    half = payload[: max(payload.find(_SECOND_HALF), 0)]
    # Each request has a trace of its own, so its record has nothing in common with another; those with reasons and
    # trials are few.
    return b"" if _TRACE in half or _TRIAL in half or _REASONS in payload else half


def read_together(half: bytes, payloads: Sequence[bytes]) -> Columns | None:
    """The rows of records with this first half, or None: then `records.decode` shall judge them one by one."""
    # No object inside, one brace at the end of each: then each second half is a whole object, also when parsed alone.
    joined = b"[{" + b",{".join([payload[len(half) + 1 :] for payload in payloads]) + b"]"
    whole = joined.count(b"{") == joined.count(b"}") == len(payloads) == sum([p.endswith(b"}") for p in payloads])
    if not whole:
        return None
    try:
        return _columns(_model(half), orjson.loads(joined))
    except (FrameRefusedError, ValueError, TypeError, LookupError):
        return None


@lru_cache(MODELS_REMEMBERED)
def _model(half: bytes) -> _Model:
    frame = orjson.loads(half + b"}")
    kind = frame["kind"]
    if len(frame) != MODEL_FIELDS + ("key" in frame) or kind not in ("prediction", "shadow"):
        raise FrameRefusedError("not as the api writes a prediction")
    model, version, variant, bundle = (text_of(frame, key) for key in ("model", "version", "variant", "bundle"))
    key = optional_text_of(frame, "key")
    features, classes = names_of(frame, "features"), names_of(frame, "classes")
    shapes = _shape_of(features), _shape_of(classes)
    return _Model(kind, model, version, variant, bundle, key, classes, features, *shapes)


def _columns(model: _Model, requests: list[dict[str, Any]]) -> Columns:
    # A shadow also says whose questions it answered.
    (size,) = set(map(len, requests))
    # A regression has a value for each row in place of the probabilities.
    scored = "values" if "values" in requests[0] else "probabilities"
    fields = [*COMMON_LISTS, scored, *(["shadow_of"] if size > REQUEST_FIELDS else [])]
    _expect(size == REQUEST_FIELDS + len(fields) - len(COMMON_LISTS) - 1)
    request_ids, latencies = [r["request_id"] for r in requests], [r["latency_ms"] for r in requests]
    _expect(set(map(type, request_ids)) == {str} and all(request_ids) and "\x00" not in "".join(request_ids))
    _expect({*map(type, latencies)} <= {float, int})

    lists = [[r[field] for r in requests] for field in fields]
    _expect(all(set(map(type, column)) == {list} for column in lists))
    counts = list(map(len, lists[0]))
    _expect(all(counts == list(map(len, column)) for column in lists) and min(counts) > 0)
    ids, values, labels, scores, *compared = lists
    chosen = list(chain.from_iterable(labels))
    _expect(min(chosen) >= 0)

    probabilities: Iterable[str] = repeat("{}")
    predicted: Iterable[float | None] = repeat(None)
    table = list(chain.from_iterable(scores))
    if scored == "values":
        predicted = _values(table)
    else:
        probabilities = _objects(table, len(model.classes), model.shares_shape)

    rows = zip(
        chain.from_iterable(ids),
        _per_row(map(_moment, requests), counts),
        repeat(model.model),
        repeat(model.version),
        repeat(model.variant),
        repeat(model.bundle),
        _features(list(chain.from_iterable(values)), model),
        map(model.classes.__getitem__, chosen),
        probabilities,
        _per_row(latencies, counts),
        _per_row(request_ids, counts),
        repeat(model.api_key),
        repeat(None),
        chain.from_iterable(compared[0]) if compared else repeat(None),
        predicted,
        repeat(None),
        repeat(None),
        strict=False,
    )
    return Columns(model.kind, list(map(PredictionRow._make, rows)), counts)


def _per_row(per_request: Iterable[Value], counts: list[int]) -> Iterable[Value]:
    return chain.from_iterable(map(repeat, per_request, counts))


def _features(table: list[list[Any]], model: _Model) -> Iterable[str]:
    """Each row as a JSON object; raises like `_objects`."""
    width, known = len(model.features), {str, int, float, bool, type(None)}
    if not any(isinstance(value, str) for row in table for value in row):
        return _objects(table, width, model.features_shape)
    _expect({len(row) for row in table} == {width} and {type(value) for row in table for value in row} <= known)
    return [orjson.dumps(dict(zip(model.features, row, strict=True))).decode() for row in table]


def _values(table: list[list[Any]]) -> list[float]:
    """The one number of each row; raises ValueError when there is something else."""
    _expect(set(map(len, table)) == {1} and {type(row[0]) for row in table} <= {float, int})
    return [float(value) for (value,) in table]


def _objects(table: list[list[float]], width: int, shape: str) -> Iterator[str]:
    """Each row of numbers as a JSON object.

    Raises ValueError or TypeError when this is not a list of lists of `width` numbers.
    """
    text = orjson.dumps(table).decode()
    # Without strings and objects, and with no more lists than these, what is between the commas are plain values.
    _expect('"' not in text and "{" not in text and text.count("[") == len(table) + 1)
    _expect(set(map(len, table)) == {width})
    cells = iter(text[2:-2].replace("],[", ",").split(","))
    return map(shape.__mod__, zip(*repeat(cells, width), strict=True))


def _shape_of(names: list[str]) -> str:
    keys = (orjson.dumps(name).decode().replace("%", "%%") for name in names)
    return "{" + ",".join(f"{key}:%s" for key in keys) + "}"


def _moment(request: dict[str, Any]) -> str:
    text = request["at"]
    # 2026-11-22T10:00:00.123456Z: the store's form but for the zone.
    if len(text) == 27 and text[4:20:3] == "--T::." and text[26] == "Z" and datetime.fromisoformat(text).tzinfo is UTC:
        return f"{text[:26]}+00:00"
    return moment_of(request)


def _expect(condition: bool) -> None:
    if not condition:
        raise ValueError("for records.decode to judge")
