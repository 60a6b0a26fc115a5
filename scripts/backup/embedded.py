"""Backup and restore of the embedded platform: SQLite files, and MLflow's folder of artifacts."""

import shutil
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

from scripts.backup.errors import BackupError
from scripts.run.processes import holder

ARTIFACTS = "artifacts.tar"
DATABASES = {"predictions.db": Path("logs/predictions.db"), "mlflow.db": Path("var/mlflow/mlflow.db")}
FOLDER = Path("var/mlflow/artifacts")
BUSY_SECONDS = 60.0


def save(root: Path, folder: Path) -> None:
    """Copy what there is below `root` into `folder`, while the platform runs or not. Raises BackupError."""
    found = {name: root / path for name, path in DATABASES.items() if (root / path).is_file()}
    if not found:
        raise BackupError(
            f"there is nothing to back up below {root}: no container runs, and no {DATABASES['mlflow.db']}"
        )
    for name, path in found.items():
        _copy(path, folder / name)
    # After the databases: what they name is stored before it is named.
    with tarfile.open(folder / ARTIFACTS, "w") as archive:
        if (root / FOLDER).is_dir():
            archive.add(root / FOLDER, ".")


def restore(root: Path, folder: Path) -> None:
    """Put them in the place of what is there; the platform must be stopped. Raises BackupError."""
    for lock in sorted((root / "var/run").glob("*.lock")):
        if holder(lock) is not None:
            raise BackupError(f"{lock.stem} is running: stop the platform first with `make stop`")
    (root / FOLDER).mkdir(parents=True, exist_ok=True)
    # Added to what is there: a run's files never change, and what the registry does not name harms nobody.
    with tarfile.open(folder / ARTIFACTS) as archive:
        archive.extractall(root / FOLDER, filter="data")
    for name, path in DATABASES.items():
        target = root / path
        if (folder / name).exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            draft = target.with_name(f".{target.name}.restoring")
            shutil.copyfile(folder / name, draft)
            for leftover in ("-journal", "-wal", "-shm"):
                target.with_name(target.name + leftover).unlink(missing_ok=True)
            draft.replace(target)


def _copy(source: Path, target: Path) -> None:
    """One moment of a database that may be written meanwhile."""
    try:
        with (
            closing(
                sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS)
            ) as reading,
            closing(sqlite3.connect(target)) as writing,
        ):
            reading.execute("BEGIN")
            reading.backup(writing)
    except sqlite3.Error as error:
        raise BackupError(f"{source} can't be copied: {error}") from error
