"""Make the platform's secrets: random, once, each readable only by the service that mounts its directory.

The PostgreSQL directory holds every database password; the others hold what one reader needs, and are filled from it.
So a lost volume of a single reader is made again with the same password, and a second run changes nothing.
"""

import os
import secrets
import sys
from pathlib import Path

READABLE_BY_GROUP = 0o440
ROLES = ("postgres", "mlflow", "courier", "grafana")


def keep_or_make(file: Path, value: str) -> str:
    """Return the content of `file`; where there is none yet, write `value` whole or not at all."""
    if not file.exists():
        draft = file.with_name(f".{file.name}.draft")
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, READABLE_BY_GROUP)
        with os.fdopen(descriptor, "w") as out:
            out.write(value)
            out.flush()
            os.fsync(out.fileno())
        draft.rename(file)
    return file.read_text()


def make(root: Path) -> list[Path]:
    """Fill `root`/postgres, mlflow, courier and grafana, which must exist. Returns the files, in order."""
    password = {role: keep_or_make(root / "postgres" / role, secrets.token_urlsafe(32)) for role in ROLES}
    derived = {
        "mlflow/database_url": f"postgresql+psycopg://mlflow:{password['mlflow']}@postgres:5432/mlflow",
        "courier/database_url": f"postgresql://courier:{password['courier']}@postgres:5432/audit",
        "grafana/database_password": password["grafana"],
        "grafana/admin_password": secrets.token_urlsafe(12),
        "grafana/secret_key": secrets.token_urlsafe(32),
    }
    for name, value in derived.items():
        keep_or_make(root / name, value)
    return [*(root / "postgres" / role for role in ROLES), *(root / name for name in derived)]


if __name__ == "__main__":
    made = make(Path(sys.argv[1]))
    sys.stdout.write(f"{len(made)} secrets are in place\n")
