"""The peers' virtual environments: one each, pinned, kept between runs, and their two models trained inside."""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from bench.errors import BenchError

BENCH = Path(__file__).parent


def requirements(name: str) -> Path:
    return BENCH / "peers" / name / "requirements.txt"


def venv(folder: Path, name: str) -> Path:
    """The interpreter of the peer's environment below `folder`, installed again when its requirements changed.

    Raises BenchError with pip's message.
    """
    home = folder / name
    python = home / "bin" / "python"
    wanted = hashlib.sha256(requirements(name).read_bytes()).hexdigest()
    stamp = home / ".installed"
    if not stamp.is_file() or stamp.read_text() != wanted:
        shutil.rmtree(home, ignore_errors=True)
        run([sys.executable, "-m", "venv", str(home)])
        run([str(python), "-m", "pip", "install", "--no-input", "--quiet", "--requirement", str(requirements(name))])
        stamp.write_text(wanted)
    return python


def fit(python: Path, folder: Path, rows: str) -> None:
    """Train the peer's models with its own scikit-learn: folder/<model>/model.joblib."""
    folder.mkdir(parents=True, exist_ok=True)
    written = folder / "rows.json"
    made = folder / ".fitted"
    key = hashlib.sha256((BENCH / "fit.py").read_bytes() + rows.encode()).hexdigest()
    if made.is_file() and made.read_text() == key:
        return
    written.write_text(rows)
    run([str(python), str(BENCH / "fit.py"), str(folder), str(written)])
    made.write_text(key)


def versions(python: Path, packages: Iterable[str]) -> dict[str, str]:
    """The packages that are installed beside `python`."""
    found = json.loads(run([str(python), "-m", "pip", "list", "--format=json"]))
    return {one["name"]: one["version"] for one in found if one["name"].lower() in packages}


def run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise BenchError(f"{' '.join(command[:4])} … failed:\n{done.stdout[-1000:]}{done.stderr[-3000:]}")
    return done.stdout
