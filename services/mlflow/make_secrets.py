"""Make the platform's secrets: random, once, each readable only by the service that mounts its directory.

A service that checks passwords holds those of every client: PostgreSQL's directory has the databases' passwords, and
MLflow's has its users'.
The clients' directories are filled from these. So a lost volume of a single client is made again with the same
password, and a second run adds what is missing and changes nothing.
"""

import os
import secrets
import sys
from pathlib import Path

READABLE_BY_GROUP = 0o440
ROLES = ("postgres", "mlflow", "courier", "grafana")
"""PostgreSQL's roles with a password."""
USERS = ("admin", "trainer", "courier")
"""MLflow's users. Their passwords are always made, so that asking for them is only a setting."""


def keep_or_make(file: Path, value: str) -> str:
    """Return the content of `file`; where there is none yet, write `value` whole or not at all."""
    if not file.exists():
        draft = file.with_name(f".{file.name}.draft")
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, READABLE_BY_GROUP)
        os.fchmod(descriptor, READABLE_BY_GROUP)  # the umask may have taken the group's part away
        with os.fdopen(descriptor, "w") as out:
            out.write(value)
            out.flush()
            os.fsync(out.fileno())
        draft.rename(file)
    return file.read_text()


def make(root: Path) -> list[Path]:
    """Fill `root`/postgres, mlflow, trainer, courier and grafana, which must exist. Returns the files, in order."""
    checked = {
        **{f"postgres/{role}": secrets.token_urlsafe(32) for role in ROLES},
        **{f"mlflow/{user}_password": secrets.token_urlsafe(24) for user in USERS},
    }
    kept = {name: keep_or_make(root / name, value) for name, value in checked.items()}
    derived = {
        "mlflow/database_url": f"postgresql+psycopg://mlflow:{kept['postgres/mlflow']}@postgres:5432/mlflow",
        "mlflow/session_key": secrets.token_urlsafe(32),
        "trainer/mlflow_password": kept["mlflow/trainer_password"],
        "courier/mlflow_password": kept["mlflow/courier_password"],
        "courier/database_url": f"postgresql://courier:{kept['postgres/courier']}@postgres:5432/audit",
        "grafana/database_password": kept["postgres/grafana"],
        "grafana/admin_password": secrets.token_urlsafe(12),
        "grafana/secret_key": secrets.token_urlsafe(32),
    }
    for name, value in derived.items():
        keep_or_make(root / name, value)
    return [root / name for name in (*checked, *derived)]


if __name__ == "__main__":
    made = make(Path(sys.argv[1]))
    sys.stdout.write(f"{len(made)} secrets are in place\n")
