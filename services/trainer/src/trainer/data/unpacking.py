"""A file's content by its first bytes: gzip and Parquet become CSV text, Excel is refused."""

import gzip
import io
import zlib

from trainer.errors import SourceError, SourceTooLargeError

GZIP, PARQUET, ZIP, OLE = b"\x1f\x8b", b"PAR1", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
CHUNK = 1 << 20
BATCH = 100_000
"""Rows of Parquet that are text at the same time."""


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

        from trainer.data.arrow_text import finest_units, plain_column
    except ImportError as error:
        raise SourceError(f"{where} is Parquet, which needs pyarrow: pip install pyarrow") from error
    written = io.BytesIO()
    try:
        table = parquet.ParquetFile(io.BytesIO(content))
        names = table.schema_arrow.names
        if len(set(names)) < len(names):
            raise SourceError(f"{where} names a column twice")
        units = finest_units(table, BATCH)
        for number, batch in enumerate(table.iter_batches(batch_size=BATCH)):
            options = csv.WriteOptions(include_header=number == 0, quoting_style="needed")
            columns = [plain_column(column, units.get(name)) for name, column in zip(names, batch.columns, strict=True)]
            csv.write_csv(pa.table(columns, names=names), written, options)
            if written.tell() > max_bytes:
                raise SourceTooLargeError(f"{where} holds more than {max_bytes} bytes as CSV")
    except (pa.ArrowException, OSError) as error:
        raise SourceError(f"{where} is Parquet that cannot be read: {error}") from error
    return written.getvalue()
