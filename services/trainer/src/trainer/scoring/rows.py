"""Scored rows as the journal's records, for an audit row by row."""

import json
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import compute

from trainer.contract.cells import read_cells
from trainer.contract.columns import Boolean, Column, Number
from trainer.contract.csv_format import Csv
from trainer.data.encoding import natural
from trainer.errors import ScoringError
from trainer.scoring.answering import Answers
from trainer.scoring.model import Model
from trainer.scoring.parts import ScoringRun

TOGETHER = 1000
"""Rows of a record at most."""
LARGEST = 900_000
"""Bytes of a record; the courier's pages take 1 MiB."""
MOST_ROWS = 2**32


def prediction_ids(run: ScoringRun, first: int, count: int) -> list[str]:
    """UUIDs of version 7 for the rows from `first` on, counted from 0 over the whole input; the same at each call.

    After the time come 42 bits of the scoring's token and 32 bits of the row's number. Raises ScoringError.
    """
    if first + count > MOST_ROWS:
        raise ScoringError(f"AUDIT=rows takes {MOST_ROWS} rows at most")
    token = int(run.token, 16)
    high, low = (token >> 30) & 0xFFF, token & 0x3FFFFFFF
    head = run.milliseconds << 80 | 7 << 76 | high << 64 | 2 << 62 | low << 32
    return [str(UUID(int=head | row)) for row in range(first, first + count)]


def records(ids: Sequence[str], features: pa.Table, answers: Answers, model: Model, run: ScoringRun) -> bytes:
    """The rows as lines, each a record of the journal in the order of docs/formats/journal.md. Raises ScoringError."""
    rows = naturals(features, model.columns, model.written)
    if model.classes:
        classes, labels, name = model.classes, answers.labels, "probabilities"
    else:
        classes, labels, name = model.bins.labels, model.bins.places(answers.scores), "values"
    head = {
        "kind": "prediction",
        "model": model.name,
        "version": model.version,
        "variant": "production",
        "bundle": model.bundle,
        "features": [column.name for column in model.columns],
        "classes": classes,
        "at": run.at,
        "request_id": run.request_id,
        "latency_ms": 0.0,
    }
    scores = answers.scores.reshape(len(ids), -1)

    def record(part: slice) -> Iterator[bytes]:
        columns = {"ids": ids[part], "rows": rows[part], "labels": labels[part].tolist(), name: scores[part].tolist()}
        line = json.dumps(head | columns, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode() + b"\n"
        size = part.stop - part.start
        if len(line) <= LARGEST:
            yield line
        elif size == 1:
            raise ScoringError(
                f"a row of {len(line)} bytes is too large for the audit; AUDIT=file records the file alone"
            )
        else:
            middle = part.start + size // 2
            yield from record(slice(part.start, middle))
            yield from record(slice(middle, part.stop))

    starts = range(0, len(ids), TOGETHER)
    return b"".join(line for at in starts for line in record(slice(at, min(at + TOGETHER, len(ids)))))


def naturals(features: pa.Table, columns: Sequence[Column], written: Csv) -> list[list[Any]]:
    """The values of each row as the api's audit has them: numbers, texts as training reads them, true, false, null."""
    found = [_natural(column, features.column(column.name).combine_chunks(), written) for column in columns]
    return [list(row) for row in zip(*found, strict=True)]


def _natural(column: Column, cells: Any, written: Csv) -> list[Any]:
    kind = cells.type
    number = pa.types.is_integer(kind) or pa.types.is_floating(kind)
    if (isinstance(column, Number) and number) or (isinstance(column, Boolean) and pa.types.is_boolean(kind)):
        return [natural(np.nan if one is None else one, column) for one in cells.to_pylist()]
    texts = compute.utf8_trim_whitespace(compute.fill_null(cells.cast(pa.string()), ""))
    values = read_cells(column, pd.Series(texts.to_pandas(), dtype=str), written, formats=True).values
    return [natural(one, column) for one in values]
