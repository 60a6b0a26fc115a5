"""The platform's passwords as secrets of the swarm, made by the program that makes them for Compose."""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from scripts.swarm.engine import Engine
from scripts.swarm.errors import SwarmError
from scripts.swarm.rendering import ROOT, STACK

PROGRAM = ROOT / "services" / "mlflow" / "make_secrets.py"
READERS = ("postgres", "mlflow", "trainer", "courier", "grafana")
MOUNTS = Path("/proc/self/mounts")


def ensure(engine: Engine) -> int:
    """Create the secrets where there are none, and return how many were created.

    Raises SwarmError when only some are there: new ones would not fit the passwords that the databases hold.
    """
    present = {row["Name"] for row in engine.rows("secret", "ls")}
    with TemporaryDirectory(dir=_memory()) as name:
        folder = Path(name)
        made = _make(folder)
        names = {f"{STACK}_{file.parent.name}_{file.name}": file for file in made}
        missing = sorted(names.keys() - present)
        if not missing:
            return 0
        if len(missing) < len(names):
            raise SwarmError(
                f"{len(names) - len(missing)} of {len(names)} secrets are there, and {', '.join(missing)} are not. "
                "Restore those, or remove all of them together with the volumes of PostgreSQL and MLflow."
            )
        for secret in missing:
            engine.text("secret", "create", secret, str(names[secret]))
    return len(names)


def _memory() -> Path | None:
    """A folder in memory that this user may write to, so that no password reaches a disk; None where there is none."""
    if not MOUNTS.is_file():
        return None
    mounts = [line.split() for line in MOUNTS.read_text().splitlines()]
    folders = [Path(place) for _, place, kind, *_ in mounts if kind == "tmpfs"]
    return next((folder for folder in folders if os.access(folder, os.W_OK | os.X_OK)), None)


def _make(folder: Path) -> list[Path]:
    for reader in READERS:
        (folder / reader).mkdir(mode=0o700)
    done = subprocess.run(
        [sys.executable, str(PROGRAM), str(folder)], env=dict(os.environ), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SwarmError(f"the secrets could not be made: {done.stderr.strip()}")
    return sorted(file for reader in READERS for file in (folder / reader).iterdir())
