"""A time range of the audit as a file: CSV or Parquet, a page at a time."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import IO

from courier.errors import ConfigurationError
from courier.identifiers import before_first_id_at, first_id_at
from courier.records.records import PredictionRow
from courier.store.reader import Reader

PAGE_ROWS = 5000
NUMBERS = ("latency_ms", "value")
BOOLEANS = ("trial",)


def pages(reader: Reader, since: datetime, until: datetime) -> Iterator[list[PredictionRow]]:
    """Predictions by the time of their ids, oldest first, on one connection. Raises StoreUnavailableError."""
    after, before = before_first_id_at(since), first_id_at(until)
    with reader:
        while page := reader.predictions(after, before, PAGE_ROWS):
            after = page[-1].id
            yield page


def write_csv(file: IO[bytes], pages: Iterable[list[PredictionRow]]) -> int:
    """Returns how many rows; what is null is empty, features and probabilities are JSON."""
    rows = 0
    text = TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    try:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(PredictionRow._fields)
        for page in pages:
            writer.writerows(page)
            rows += len(page)
    finally:
        # Otherwise the wrapper takes the file with it when it goes, standard output included.
        text.detach()
    return rows


def write_parquet(file: IO[bytes], pages: Iterable[list[PredictionRow]]) -> int:
    """Returns how many rows; every column is text but for two numbers and a boolean.

    Raises:
        ConfigurationError: pyarrow is not installed.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise ConfigurationError(
            "Parquet needs pyarrow, which the courier's image does not carry: pip install pyarrow, or --format csv"
        ) from None
    kinds = dict.fromkeys(NUMBERS, pyarrow.float64()) | dict.fromkeys(BOOLEANS, pyarrow.bool_())
    fields = [(name, kinds.get(name, pyarrow.string())) for name in PredictionRow._fields]
    schema, rows = pyarrow.schema(fields), 0
    with parquet.ParquetWriter(file, schema) as writer:
        for page in pages:
            columns = [list(column) for column in zip(*page, strict=True)]
            writer.write_table(pyarrow.table(columns, schema=schema))
            rows += len(page)
    return rows


@contextmanager
def opened(output: Path | None) -> Iterator[IO[bytes]]:
    """The file, which has its name once it is whole; or standard output.

    Raises:
        ConfigurationError: the file can't be written.
    """
    if output is None:
        yield sys.stdout.buffer
        return
    draft = output.with_name(f".{output.name}.{os.getpid()}")
    try:
        with draft.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(output)
    except OSError as error:
        raise ConfigurationError(f"{output} can't be written: {error}") from error
    finally:
        draft.unlink(missing_ok=True)
