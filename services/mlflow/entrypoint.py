"""Start `mlflow ...` with its secrets from files: MLflow itself reads them only from its environment."""

import os
import sys
from pathlib import Path

SETTINGS = ("", "basic")


def main(arguments: list[str]) -> None:
    """Replace this process by `mlflow`.

    MLFLOW_BACKEND_STORE_URI_FILE names the file; the other secrets are beside it. `db upgrade` alone wants the address
    as its argument. With MLFLOW_AUTH=basic, `server` asks for passwords.
    """
    file = Path(os.environ["MLFLOW_BACKEND_STORE_URI_FILE"])
    address = file.read_text().strip()
    if arguments[:2] == ["db", "upgrade"]:
        arguments = [*arguments, address]
    # Compose can't leave a variable out, and to MLflow an empty address is an address.
    environment = {name: value for name, value in os.environ.items() if value} | {"MLFLOW_BACKEND_STORE_URI": address}
    if arguments[:1] == ["server"] and asks_for_passwords(environment.get("MLFLOW_AUTH", "")):
        import accounts

        environment |= accounts.prepare(address, file.parent)
        arguments = [*arguments, "--app-name", "basic-auth"]
    os.execvpe("mlflow", ["mlflow", *arguments], environment)  # noqa: S606, S607


def asks_for_passwords(setting: str) -> bool:
    """Whether MLFLOW_AUTH says so. Any other word ends the start, so that no person wrongly believes that it asks."""
    if setting not in SETTINGS:
        sys.exit(f"MLFLOW_AUTH is {setting!r} and can be basic, or empty: then MLflow asks nobody for a password")
    return setting == "basic"


if __name__ == "__main__":
    main(sys.argv[1:])
