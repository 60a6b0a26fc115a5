"""The users of an MLflow that asks for passwords (MLFLOW_AUTH=basic), each with the password of its secret file.

MLflow sets a password only when the user is new. Here it is set at every start, so that it is right after a backup of
another installation was restored, and after a secret was made again.
"""

import configparser
import os
import tempfile
from pathlib import Path

ADMINISTRATOR = "admin"
WRITER = "trainer"
READER = "courier"
WRITTEN = ("experiment", "registered_model")
"""Kinds of things the writer may change, whoever made them: what is older than the passwords is nobody's."""


def prepare(address: str, secrets: Path) -> dict[str, str]:
    """Make the users in the database at `address`; returns the environment of a server that asks for them.

    `secrets` holds NAME_password for each of them, and session_key.

    Raises:
        OSError: one of these files can't be read.
    """
    passwords = {name: _read(secrets / f"{name}_password") for name in (ADMINISTRATOR, WRITER, READER)}
    environment = {
        "MLFLOW_AUTH_CONFIG_PATH": str(_write_config(address)),
        "MLFLOW_FLASK_SERVER_SECRET_KEY": _read(secrets / "session_key"),
    }
    # MLflow's module reads the configuration when it is imported.
    os.environ.update(environment)
    from mlflow.server.auth.sqlalchemy_store import SqlAlchemyStore

    store = SqlAlchemyStore()
    # Its tables are beside the registry's: other names, and a version table of their own.
    store.init_db(address)  # type: ignore[no-untyped-call]  # MLflow left it without types
    for name, password in passwords.items():
        if store.has_user(name):
            store.update_user(name, password=password, is_admin=name == ADMINISTRATOR)
        else:
            store.create_user(name, password, is_admin=name == ADMINISTRATOR)
    for kind in WRITTEN:
        store.grant_user_permission(WRITER, kind, "*", "MANAGE")
    store.engine.dispose()
    return environment


def _write_config(address: str) -> Path:
    """MLflow's file, mode 0600: it holds the database's password. In the container, /tmp is in memory."""
    config = configparser.ConfigParser(interpolation=None)
    config["mlflow"] = {
        "default_permission": "READ",
        # MLflow's own parser interpolates.
        "database_uri": address.replace("%", "%%"),
        "admin_username": ADMINISTRATOR,
        # A checked password is remembered for this time: the courier asks every two seconds, and a check is slow.
        "auth_cache_ttl_seconds": "60",
    }
    descriptor, name = tempfile.mkstemp(prefix="mlflow-auth-", suffix=".ini")
    with os.fdopen(descriptor, "w") as out:
        config.write(out)
    return Path(name)


def _read(file: Path) -> str:
    return file.read_text().strip()
