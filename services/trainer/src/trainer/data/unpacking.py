"""A file's content by its first bytes: gzip and Parquet become CSV text, Excel is refused."""

import gzip
import io
import json
import zlib
from typing import Any

from trainer.errors import SourceError, SourceTooLargeError

GZIP, PARQUET, ZIP, OLE = b"\x1f\x8b", b"PAR1", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
CHUNK = 1 << 20


def unpacked(content: bytes, where: str, max_bytes: int) -> bytes:
    """CSV as it is, of gzip what it holds, of Parquet its rows as CSV.

    Raises SourceTooLargeError above `max_bytes` of text, SourceError for what is damaged, an Excel file or a zip.
    """
    if content.startswith(GZIP):
        return unpacked(_gunzip(content, where, max_bytes), where, max_bytes)
    if content.startswith(PARQUET):
        return _from_parquet(content, where, max_bytes)
    if content.startswith((ZIP, OLE)):
        raise SourceError(
            f"{where} is an Excel file or a zip archive, which cannot be read; "
            "in Excel: File > Save As > CSV UTF-8 (one sheet), then name that file"
        )
    return content


def _gunzip(content: bytes, where: str, max_bytes: int) -> bytes:
    found = bytearray()
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
            while part := packed.read(CHUNK):
                found += part
                if len(found) > max_bytes:
                    raise SourceTooLargeError(f"{where} holds more than {max_bytes} bytes when it is unpacked")
    except (EOFError, OSError, zlib.error) as error:
        raise SourceError(f"{where} is a damaged gzip file: {error}") from error
    return bytes(found)


def _from_parquet(content: bytes, where: str, max_bytes: int) -> bytes:
    try:
        import pyarrow as pa
        from pyarrow import csv, parquet
    except ImportError as error:
        raise SourceError(f"{where} is Parquet, which needs pyarrow: pip install pyarrow") from error
    written = io.BytesIO()
    try:
        table = parquet.ParquetFile(io.BytesIO(content))
        names = table.schema_arrow.names
        if len(set(names)) < len(names):
            raise SourceError(f"{where} names a column twice")
        for number, batch in enumerate(table.iter_batches(batch_size=100_000)):
            options = csv.WriteOptions(include_header=number == 0, quoting_style="needed")
            csv.write_csv(pa.table([plain_column(column) for column in batch.columns], names=names), written, options)
            if written.tell() > max_bytes:
                raise SourceTooLargeError(f"{where} holds more than {max_bytes} bytes as CSV")
    except (pa.ArrowException, OSError) as error:
        raise SourceError(f"{where} is Parquet that cannot be read: {error}") from error
    return written.getvalue()


def plain_column(column: Any) -> Any:
    """Dictionaries as their values, moments without a zone's sign in ISO, decimals as written, lists as JSON."""
    import pyarrow as pa
    from pyarrow import compute

    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = column.type
    if pa.types.is_nested(kind):
        values = column.to_pylist()
        return pa.array([None if one is None else json.dumps(one, ensure_ascii=False, default=str) for one in values])
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind) or pa.types.is_decimal(kind) or pa.types.is_time(kind):
        return compute.cast(column, pa.string())
    return column
