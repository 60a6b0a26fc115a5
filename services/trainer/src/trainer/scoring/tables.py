"""A source in parts: tables of its columns as they came, with the place of each row."""

import gzip
import zlib
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

import pyarrow as pa
from pyarrow import parquet

from trainer.contract.csv_format import Csv
from trainer.contract.reading import Row, names, rows
from trainer.data.arrow_text import plain_column
from trainer.data.table import even_rows
from trainer.errors import BadRowsError, DataError, ScoringError, Violation
from trainer.scoring.source import Source, is_gzip

MOST_ROWS = 262_144
MOST_CELLS = 4_000_000
"""Cells of a part, which is in memory at once."""


class RowBatch(NamedTuple):
    """`lines` are the rows' places in their file: lines of a CSV, 1 being the header; rows of a Parquet, from 1."""

    number: int
    file: Path
    table: pa.Table
    lines: Sequence[int]
    done: float
    """How much of the source has been read, 0 to 1."""


class Head(NamedTuple):
    """The facts about a source before its rows are read."""

    schema: pa.Schema
    rows: int | None
    """None of a CSV."""

    @property
    def part_rows(self) -> int:
        """The same for the same columns, so that parts of an earlier call fit."""
        return max(1, min(MOST_ROWS, MOST_CELLS // max(1, len(self.schema.names))))


class LeftOut(dict[str, int]):
    """Rows that were left out, as the contract says, by the reason."""


def head(source: Source, written: Csv) -> Head:
    """Raises ScoringError where files differ in their columns, hold none, or can't be read; DataError as training."""
    if source.kind == "parquet":
        files = [_parquet(path) for path in source.paths]
        schemas = [_schema(file, path) for file, path in zip(files, source.paths, strict=True)]
        found = Head(schemas[0], sum(file.metadata.num_rows for file in files))
        heads = [(schema.names, schema.types) for schema in schemas]
    else:
        columns = [_header(path, written) for path in source.paths]
        found = Head(pa.schema([(name, pa.string()) for name in columns[0]]), None)
        heads = [(one, []) for one in columns]
    for path, one in zip(source.paths, heads, strict=True):
        if one != heads[0]:
            raise ScoringError(f"{path} has other columns than {source.paths[0]}; files of one table have the same")
    return found


def parts(source: Source, known: Head, written: Csv, left_out: LeftOut) -> Iterator[RowBatch]:
    """Every part, in order; none is empty and none spans two files. Raises as `head`."""
    read, number = 0, 0
    for path in source.paths:
        size = path.stat().st_size
        found = _of_parquet(path, known) if source.kind == "parquet" else _of_csv(path, known, written, left_out)
        for table, lines, share in found:
            yield RowBatch(number, path, table, lines, (read + share * size) / max(1, source.bytes))
            number += 1
        read += size


Piece = tuple[pa.Table, Sequence[int], float]


def _of_parquet(path: Path, known: Head) -> Iterator[Piece]:
    """Batches end with row groups, so they are put together to parts of one size."""
    file, most = _parquet(path), known.part_rows
    total, first = max(1, file.metadata.num_rows), 0
    waiting: list[Any] = []
    try:
        for batch in file.iter_batches(batch_size=most):
            waiting.append(_plain(batch, known.schema))
            while sum(map(len, waiting)) >= most:
                whole = pa.concat_tables(waiting)
                yield whole.slice(0, most), range(first + 1, first + 1 + most), (first + most) / total
                first, waiting = first + most, [whole.slice(most)] if len(whole) > most else []
    except (pa.ArrowException, OSError) as error:
        raise ScoringError(f"{path} is Parquet that can't be read: {error}") from error
    if waiting:
        whole = pa.concat_tables(waiting)
        yield whole, range(first + 1, first + 1 + len(whole)), 1.0


def _of_csv(path: Path, known: Head, written: Csv, left_out: LeftOut) -> Iterator[Piece]:
    columns, ragged = known.schema.names, list[Violation]()
    size = max(1, path.stat().st_size)
    with path.open("rb") as raw:
        found = rows(_unpacked(raw, path), str(path), written)
        try:
            _, header = next(found, (0, columns))
            even = even_rows(found, header, written, ragged, left_out)
            while block := list(islice(even, known.part_rows)):
                _check_ragged(ragged, written, path, left_out)
                lines, cells = _columns(block)
                arrays = [pa.array(column, pa.string()) for column in cells]
                yield pa.Table.from_arrays(arrays, schema=known.schema), lines, min(1.0, raw.tell() / size)
            _check_ragged(ragged, written, path, left_out)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise ScoringError(f"{path} is a damaged gzip file: {error}") from error


def _columns(block: list[Row]) -> tuple[Sequence[int], Iterator[tuple[str, ...]]]:
    lines, cells = zip(*block, strict=True)
    return lines, zip(*cells, strict=True)


def _check_ragged(ragged: list[Violation], written: Csv, path: Path, left_out: LeftOut) -> None:
    if ragged and written.ragged == "refuse":
        raise BadRowsError(str(path), ragged)
    if ragged:
        key = "not as many cells as the header"
        left_out[key] = left_out.get(key, 0) + len(ragged)
        ragged.clear()


def _header(path: Path, written: Csv) -> list[str]:
    with path.open("rb") as raw:
        try:
            first = next(rows(_unpacked(raw, path), str(path), written), None)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise ScoringError(f"{path} is a damaged gzip file: {error}") from error
    if first is None:
        raise DataError(f"{path} is empty; it needs a header line and rows")
    return names(first[1])


def _unpacked(raw: BinaryIO, path: Path) -> BinaryIO:
    return cast("BinaryIO", gzip.GzipFile(fileobj=raw)) if is_gzip(path) else raw


def _parquet(path: Path) -> Any:
    try:
        return parquet.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise ScoringError(f"{path} is Parquet that can't be read: {error}") from error


def _schema(file: Any, path: Path) -> pa.Schema:
    found = file.schema_arrow
    if len(set(found.names)) < len(found.names):
        raise ScoringError(f"{path} names a column twice")
    return pa.schema([(field.name, _value_type(field.type)) for field in found])


def _value_type(kind: Any) -> Any:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _plain(batch: Any, schema: pa.Schema) -> pa.Table:
    """Dictionaries as their values: each batch has its own."""
    columns = [
        column.dictionary_decode() if pa.types.is_dictionary(column.type) else column for column in batch.columns
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def features_of(table: pa.Table, wanted: Sequence[str]) -> pa.Table:
    """The model's columns as training reads them: moments and decimals as text."""
    columns = [plain_column(table.column(name).combine_chunks()) for name in wanted]
    return pa.Table.from_arrays(columns, names=list(wanted))
