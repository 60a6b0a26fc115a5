"""Formats that hold anything but a table of text, by their first bytes; each with the way to such a table."""

import re

PANDAS = "write it as CSV in the program that made it, e.g. pandas' df.to_csv(path, index=False), and name that file"
_BINARY = (
    (b"ARROW1", "Arrow's Feather format", "pandas' df.to_parquet writes what can be read, and df.to_csv"),
    (b"SQLite format 3\0", "a SQLite database", "name it as sqlite:///path, with QUERY='SELECT …'"),
    (b"%PDF-", "a PDF document", "look for the table as CSV where the document comes from"),
    (b"\x89PNG\r\n", "a picture", "look for the table as CSV where the picture comes from"),
    (b"\xff\xd8\xff", "a picture", "look for the table as CSV where the picture comes from"),
    (b"\x89HDF\r\n", "HDF5", PANDAS),
    (b"\x93NUMPY", "an array of NumPy", PANDAS),
    (b"\x80\x04\x95", "a pickle of Python", PANDAS),
    (b"\x80\x05\x95", "a pickle of Python", PANDAS),
    (b"RDX", "data of R", "in R: write.csv(table, 'table.csv', row.names = FALSE)"),
    (b"RDA", "data of R", "in R: write.csv(table, 'table.csv', row.names = FALSE)"),
    (b"X\n\0\0\0", "data of R", "in R: write.csv(table, 'table.csv', row.names = FALSE)"),
    (b"<stata_dta>", "data of Stata", "in Stata: export delimited"),
    (b"$FL2", "data of SPSS", "in SPSS: File > Export > CSV"),
    (b"$FL3", "data of SPSS", "in SPSS: File > Export > CSV"),
    (b"\x28\xb5\x2f\xfd", "packed by zstd", "unpack it: zstd -d FILE"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "unpack it, and name the file in it"),
    (b"Rar!\x1a\x07", "a RAR archive", "unpack it, and name the file in it"),
    (b"Obj\x01", "Avro", PANDAS),
    (b"ORC", "ORC", PANDAS),
)
_TEXT = (
    (r"<!doctype html|<html\b", "a web page", "look for the link of the file itself; a page may also ask for a login"),
    (r"<\?xml\b", "XML", PANDAS),
    (
        r"\{|\[\s*[\[{]",
        "JSON",
        "pandas' read_json (lines=True where each line is a row) reads it, and df.to_csv writes CSV",
    ),
    (r"version https://git-lfs\.github\.com", "a pointer of Git LFS and not the file", "run: git lfs pull"),
    (r"(%.*\n|\s)*@relation\b", "ARFF", "Weka saves it as CSV; scipy.io.arff reads it in Python"),
)
_TAR = slice(257, 262)


def foreign(content: bytes) -> tuple[str, str] | None:
    """The format and the way out; None where the file may be text with cells."""
    if content[_TAR] == b"ustar":
        return "a tar archive", "unpack it: tar -xf FILE, and name the file in it"
    for start, what, way in _BINARY:
        if content.startswith(start):
            return what, way
    head = content[:2000].removeprefix(b"\xef\xbb\xbf").decode("latin-1").lstrip()
    for pattern, what, way in _TEXT:
        if re.match(pattern, head, re.IGNORECASE):
            return what, way
    return None
