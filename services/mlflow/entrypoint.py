"""Start `mlflow ...` with its database's address from a file: MLflow itself reads it only from its environment."""

import os
import sys
from pathlib import Path


def main(arguments: list[str]) -> None:
    """Replace this process by `mlflow`.

    MLFLOW_BACKEND_STORE_URI_FILE names the file. `db upgrade` alone wants the address as its argument.
    """
    address = Path(os.environ["MLFLOW_BACKEND_STORE_URI_FILE"]).read_text().strip()
    if arguments[:2] == ["db", "upgrade"]:
        arguments = [*arguments, address]
    # Compose can't leave a variable out, and to MLflow an empty address is an address.
    environment = {name: value for name, value in os.environ.items() if value}
    os.execvpe("mlflow", ["mlflow", *arguments], environment | {"MLFLOW_BACKEND_STORE_URI": address})  # noqa: S606, S607


if __name__ == "__main__":
    main(sys.argv[1:])
