"""The same table from a CSV file, gzip, several files, Parquet or a database is the same data set."""

import bz2
import gzip
import io
import lzma
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest
import yaml

from trainer.contract.contract import Contract
from trainer.data.prepare import prepare
from trainer.data.source import fetch_source
from trainer.errors import ContractError, SourceError, SourceTooLargeError
from trainer.workspace.layout import Layout

PAGE = """\
name: own
source: {source}
columns:
  - {{ name: size, dtype: float64, unit: "", minimum: 0, maximum: 100, nullable: true, description: "" }}
  - {{ name: count, dtype: int64, unit: "", minimum: 0, maximum: 100, description: "" }}
  - {{ name: paint, kind: category, categories: ["dark, blue", red], description: "" }}
  - {{ name: wet, kind: boolean, description: "" }}
target: {{ name: kind, description: "", classes: [a, b] }}
"""
FRAME = pd.DataFrame(
    {
        "size": [0.1, 1e-7, None, 2 / 3] * 5,
        "count": range(20),
        "paint": ["dark, blue", "red"] * 10,
        "wet": [True, False] * 10,
        "kind": ["a", "b"] * 10,
    }
)
CSV = FRAME.to_csv(index=False).encode()


def parquet(frame: pd.DataFrame = FRAME) -> bytes:
    written = io.BytesIO()
    frame.astype({"paint": "category"} if "paint" in frame else {}).to_parquet(written)
    return written.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return written.getvalue()


def database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        FRAME.to_sql("flowers", connection, index=False)
        connection.commit()


def processed(root: Path, source: str, query: str = "") -> bytes:
    layout = Layout(root)
    page = yaml.safe_load(PAGE.format(source=source)) | ({"query": query} if query else {})
    prepare(layout, Contract.model_validate(page))
    return layout.processed("own").read_bytes()


def test_a_table_is_the_same_data_set_whatever_it_is_kept_in(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_bytes(CSV)
    (tmp_path / "own.csv.gz").write_bytes(gzip.compress(CSV[:100]) + gzip.compress(CSV[100:]))
    (tmp_path / "own.parquet").write_bytes(parquet())
    lines = CSV.splitlines(keepends=True)
    (tmp_path / "part-1.csv").write_bytes(b"".join(lines[:9]).rstrip(b"\n"))
    (tmp_path / "part-2.csv.gz").write_bytes(gzip.compress(lines[0] + b"".join(lines[9:])))
    database(tmp_path / "own.db")
    wanted = processed(tmp_path, "own.csv")
    assert wanted.count(b"\n") == 21
    for source in ("own.csv.gz", "own.parquet", "part-*"):
        assert processed(tmp_path, source) == wanted, source
    assert processed(tmp_path, "sqlite:///own.db", "SELECT * FROM flowers") == wanted


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\x03\x04rest", r"damaged Excel file or zip archive.*Save As > CSV UTF-8"),
        (b"\xd0\xcf\x11\xe0rest", r"is an Excel file.*Save As > CSV UTF-8"),
        (zipped({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b""}), r"Excel file.*Save As > CSV UTF-8"),
        (zipped({"a.csv": CSV, "b.csv": CSV}), r"zip archive of 2 files \(a\.csv, b\.csv\); unpack it"),
        (zipped({"a.csv": CSV})[:-30], "damaged Excel file or zip archive"),
        (bz2.compress(CSV)[:-9], "damaged bzip2 file"),
        (lzma.compress(CSV)[:-30], "damaged xz file"),
        (gzip.compress(gzip.compress(gzip.compress(gzip.compress(CSV)))), "packed more than 3 times"),
        (b"\n<!DOCTYPE html><html><body>Sign in</body></html>", "is a web page.*ask for a login"),
        (b'{"a": 1, "kind": "x"}\n{"a": 2, "kind": "y"}\n', "is JSON.*lines=True"),
        (b'[{"a": 1}]', "is JSON"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><rows/>", "is XML"),
        (b"% made by hand\n\n@RELATION weather\n@DATA\n1,2\n", "is ARFF"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n", "pointer of Git LFS.*git lfs pull"),
        (b"SQLite format 3\0" + bytes(90), "is a SQLite database.*sqlite:///path"),
        (b"ARROW1\0\0", "is Arrow's Feather format.*df.to_parquet"),
        (b"\x80\x05\x95\0\0", "is a pickle of Python"),
        (gzip.compress(b"RDX3\nX\n"), "is data of R.*write.csv"),
        (bytes(257) + b"ustar", "is a tar archive"),
        (b"%PDF-1.7", "is a PDF document"),
        (gzip.compress(CSV)[:-20], "damaged gzip file"),
        (b"\x1f\x8bnonsense", "damaged gzip file"),
        (b"PAR1nonsense", "Parquet that cannot be read"),
        (parquet()[:-300], "Parquet that cannot be read"),
    ],
)
def test_a_file_that_is_no_table_says_what_to_do(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "own.csv").write_bytes(content)
    with pytest.raises(SourceError, match=message):
        fetch_source("own.csv", tmp_path)


@pytest.mark.parametrize(
    "packed",
    [
        bz2.compress(CSV),
        lzma.compress(CSV),
        gzip.compress(gzip.compress(CSV)),
        zipped({"folder/rows.csv": CSV, "__MACOSX/folder/._rows.csv": b"x"}),
        zipped({"rows.csv.gz": gzip.compress(CSV)}),
        zipped({"rows.parquet": parquet()}),
    ],
)
def test_the_one_file_that_is_packed_is_the_table(tmp_path: Path, packed: bytes) -> None:
    (tmp_path / "own.csv").write_bytes(packed)
    assert len(pd.read_csv(io.BytesIO(fetch_source("own.csv", tmp_path)))) == 20


def test_lists_and_structures_of_parquet_are_texts(tmp_path: Path) -> None:
    frame = pd.DataFrame({"many": [[1, 2], None], "one": [{"é": 1.5}, {"é": None}], "kind": ["a", "b"]})
    (tmp_path / "own.parquet").write_bytes(parquet(frame))
    read = pd.read_csv(io.BytesIO(fetch_source("own.parquet", tmp_path)), keep_default_na=False)
    assert read["many"].tolist() == ["[1, 2]", ""]
    assert read["one"].tolist() == ['{"é": 1.5}', '{"é": null}']


@pytest.mark.parametrize(
    "pack", [gzip.compress, bz2.compress, lambda content: zipped({"a.csv": content}), lambda content: parquet()]
)
def test_what_is_unpacked_is_bounded(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    (tmp_path / "own").write_bytes(pack(CSV))
    limit = max(len(pack(CSV)), 1)
    with pytest.raises(SourceTooLargeError, match="holds more than"):
        fetch_source("own", tmp_path, max_bytes=min(limit, 300))


def test_files_of_one_table_have_one_header(tmp_path: Path) -> None:
    (tmp_path / "a1.csv").write_bytes(b"x,y\n1,2\n")
    (tmp_path / "a2.csv").write_bytes(b"y,x\n1,2\n")
    with pytest.raises(SourceError, match=r"a2\.csv has another header than .*a1\.csv"):
        fetch_source("a*.csv", tmp_path)
    with pytest.raises(SourceError, match="no file has such a name"):
        fetch_source("b*.csv", tmp_path)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT * FROM roses", "no such table"),
        ("DELETE FROM flowers", "readonly|no rows"),
        ("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT count(*) FROM n", "interrupted"),
    ],
)
def test_a_query_that_fails_writes_or_never_ends_is_an_error(tmp_path: Path, query: str, message: str) -> None:
    database(tmp_path / "own.db")
    with pytest.raises(SourceError, match=message):
        fetch_source("sqlite:///own.db", tmp_path, query, timeout=0.2)
    assert fetch_source("sqlite:///own.db", tmp_path, "SELECT count(*) AS n FROM flowers") == b"n\n20\n"


def test_a_database_needs_a_query_and_no_password(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="needs query: SELECT"):
        fetch_source("sqlite:///own.db", tmp_path)
    with pytest.raises(ContractError, match="put it into PGPASSWORD"):
        fetch_source("postgresql://me:" + "secret@127.0.0.1/own", tmp_path, "SELECT 1")
    with pytest.raises(SourceError, match=r"cannot be asked"):
        fetch_source("sqlite:///none.db", tmp_path, "SELECT 1")
    with pytest.raises(SourceError, match=r"postgresql://127\.0\.0\.1:9/own cannot be asked"):
        fetch_source("postgresql://127.0.0.1:9/own", tmp_path, "SELECT 1")
