"""A file's content by its first bytes: what is packed and Parquet become CSV text, Excel and others are refused."""

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable
from typing import IO

from trainer.data.signatures import foreign
from trainer.errors import SourceError, SourceTooLargeError

Opener = Callable[[io.BytesIO], io.BufferedIOBase | IO[bytes]]
GZIP = b"\x1f\x8b"
PACKED: tuple[tuple[bytes, str, Opener], ...] = (
    (GZIP, "gzip", lambda file: gzip.GzipFile(fileobj=file)),
    (b"BZh", "bzip2", bz2.BZ2File),
    (b"\xfd7zXZ\0", "xz", lzma.LZMAFile),
)
PARQUET, ZIP, OLE = b"PAR1", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
EXCEL = "in Excel: File > Save As > CSV UTF-8 (one sheet), then name that file"
DEEPEST = 3
"""Files that are packed within one another."""
CHUNK = 1 << 20
BATCH = 100_000
"""Rows of Parquet that are text at the same time."""


def unpacked(content: bytes, where: str, max_bytes: int, depth: int = 0) -> bytes:
    """CSV as it is, of what is packed the one file in it, of Parquet its rows as CSV.

    Raises SourceTooLargeError above `max_bytes` of text, SourceError for what is damaged, an Excel file, an archive of
    several files, or any other format than a table of text.
    """
    if depth > DEEPEST:
        raise SourceError(f"{where} is packed more than {DEEPEST} times; unpack it first")
    for start, name, opener in PACKED:
        if content.startswith(start):
            return unpacked(_unpack(content, where, max_bytes, name, opener), where, max_bytes, depth + 1)
    if content.startswith(PARQUET):
        return _from_parquet(content, where, max_bytes)
    if content.startswith(OLE):
        raise SourceError(f"{where} is an Excel file, which cannot be read; {EXCEL}")
    if content.startswith(ZIP):
        return unpacked(_only_member(content, where, max_bytes), where, max_bytes, depth + 1)
    if found := foreign(content):
        raise SourceError(f"{where} is {found[0]}, which cannot be read; {found[1]}")
    return content


def _unpack(content: bytes, where: str, max_bytes: int, name: str, opener: Opener) -> bytes:
    found = bytearray()
    try:
        with opener(io.BytesIO(content)) as packed:
            while part := packed.read(CHUNK):
                found += part
                if len(found) > max_bytes:
                    raise SourceTooLargeError(f"{where} holds more than {max_bytes} bytes when it is unpacked")
    except (EOFError, OSError, ValueError, zlib.error, lzma.LZMAError) as error:
        raise SourceError(f"{where} is a damaged {name} file: {error}") from error
    return bytes(found)


def _only_member(content: bytes, where: str, max_bytes: int) -> bytes:
    """The one file of a zip archive."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [one.filename for one in archive.infolist() if not one.is_dir()]
            if "[Content_Types].xml" in names or "mimetype" in names:
                raise SourceError(f"{where} is an Excel file, or one of another office, which cannot be read; {EXCEL}")
            tables = [name for name in names if not name.startswith("__MACOSX/")]
            if len(tables) != 1:
                shown = ", ".join(tables[:10]) or "none"
                raise SourceError(
                    f"{where} is a zip archive of {len(tables)} files ({shown}); unpack it, and name one of them"
                )
            return _unpack(content, where, max_bytes, "zip", lambda _: archive.open(tables[0]))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise SourceError(f"{where} is a damaged Excel file or zip archive: {error}; {EXCEL}") from error


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
