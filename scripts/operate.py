"""`python -m scripts.operate VERB …`: the trainer's verb against the platform that runs, here or in containers.

In this order: the containers, when STACK=1 says so; MLFLOW_TRACKING_URI; an MLflow that answers on this
machine (`make local`, `make mlflow`); the containers, when they run. What is talked to is said first.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from scripts.lifecycle.platform import answers

ROOT = Path(__file__).resolve().parents[1]
CONTAINERS = ("docker", "compose", "run", "--rm", "--no-deps")
# Prometheus is in reach of the retrainer alone.
WATCHING = ("rollout",)


def command(verb: list[str], environment: Mapping[str, str], *, embedded: bool, containers: bool) -> list[str] | None:
    """What to run; None when no registry is known. `embedded` and `containers` say which of the two answers."""
    here = [sys.executable, "-m", "trainer", *verb]
    there = [*CONTAINERS, "retrainer" if verb[0] in WATCHING else "trainer", *verb]
    if environment.get("STACK") == "1":
        return there
    if environment.get("MLFLOW_TRACKING_URI") or embedded:
        return here
    return there if containers else None


def main(arguments: list[str], environment: Mapping[str, str], root: Path = ROOT) -> int:
    uri = environment.get("MLFLOW_TRACKING_URI") or f"http://127.0.0.1:{environment.get('MLFLOW_PORT', '5000')}"
    chosen = command(arguments, environment, embedded=answers(f"{uri}/version"), containers=_containers_run(root))
    if chosen is None:
        sys.stderr.write(f"no registry: nothing answers at {uri} (`make local`) and no containers run (`make up`)\n")
        return 1
    where = "the containers" if chosen[0] == "docker" else f"the platform on this machine, {uri}"
    sys.stderr.write(f"· {where}\n")
    return subprocess.run(chosen, cwd=root, env={**environment, "MLFLOW_TRACKING_URI": uri}, check=False).returncode


def _containers_run(root: Path) -> bool:
    """Whether this checkout's MLflow container is up."""
    try:
        asked = subprocess.run(
            ["docker", "compose", "ps", "--quiet", "--status", "running", "mlflow"],  # noqa: S607 - the one on the path
            cwd=root, capture_output=True, text=True, timeout=20, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0 and bool(asked.stdout.strip())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
