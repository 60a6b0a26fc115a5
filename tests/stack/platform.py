"""The real stack, started as a person starts it, in a Compose project of its own."""

import json
import os
import subprocess
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from tests.support.servers import free_port

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
IMAGE_TAG = "stack-test"
PORTS = {"api": "API_PORT", "mlflow": "MLFLOW_PORT", "prometheus": "PROMETHEUS_PORT", "grafana": "GRAFANA_PORT"}
ONE_SHOTS = ("secrets", "trainer")


class CommandError(AssertionError):
    """A command ended with an error; the message holds its end."""


def run(
    *command: str, environment: Mapping[str, str] | None = None, seconds: float = 300, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run `command` in the repository's root and return what it wrote. Raises CommandError."""
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=seconds, check=False
    )
    if check and done.returncode:
        raise CommandError(
            f"`{' '.join(command)}` ended with {done.returncode}:\n{(done.stdout + done.stderr)[-4000:]}"
        )
    return done


class Stack:
    """One Compose project on free ports. `absent` names the services whose images can't be had on this machine."""

    def __init__(self, project: str, absent: frozenset[str], overrides: tuple[Path, ...] = ()) -> None:
        self.project = project
        self.absent = absent
        self.overrides = overrides
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "DOCKER_HOST") if name in os.environ}
        ports = {variable: str(free_port()) for variable in PORTS.values()}
        self.environment = {**kept, **ports, "IMAGE_TAG": IMAGE_TAG}

    @cached_property
    def services(self) -> list[str]:
        """What a plain `up` starts; a profile's services act by themselves, and a test that wants them names them."""
        every = definition()["services"]
        return [name for name, service in every.items() if name not in self.absent and "profiles" not in service]

    @property
    def running(self) -> list[str]:
        """The services that stay."""
        return [name for name in self.services if name not in ONE_SHOTS]

    def compose(self, *arguments: str, seconds: float = 300, check: bool = True) -> subprocess.CompletedProcess[str]:
        files = [ROOT / "docker-compose.yml", *self.overrides]
        named = [part for file in files for part in ("--file", str(file))]
        return run(
            "docker", "compose", "--project-name", self.project, *named, *arguments,
            environment=self.environment, seconds=seconds, check=check,
        )  # fmt: skip

    def up(self, *, check: bool = True) -> subprocess.CompletedProcess[str]:
        """`docker compose up --wait`, of everything there is an image for and without asking a registry."""
        return self.compose("up", "--wait", "--no-build", "--pull", "never", *self.services, seconds=600, check=check)

    def down(self) -> None:
        """Forget everything; a service of a profile would outlive a plain `down`, and be found by the next session."""
        self.compose("--profile", "*", "down", "--volumes", "--remove-orphans", "--timeout", "5")

    def container(self, service: str) -> dict[str, Any]:
        """`docker inspect` of the service's container, one-shots that ended included."""
        name = self.compose("ps", "--all", "--quiet", service).stdout.strip()
        inspected: dict[str, Any] = json.loads(run("docker", "inspect", name).stdout)[0]
        return inspected

    def network(self, name: str) -> dict[str, Any]:
        inspected: dict[str, Any] = json.loads(run("docker", "network", "inspect", f"{self.project}_{name}").stdout)[0]
        return inspected

    def inside(self, service: str, *command: str, check: bool = True) -> str:
        """What `command` writes when it is run in the service's container, as the service's user."""
        return self.compose("exec", "--no-TTY", service, *command, check=check).stdout

    def sql(self, query: str, *, role: str = "", database: str = "audit") -> list[list[str]]:
        """Rows of a query, every value as text; as `role` with its password over TCP, or as the superuser.

        Raises CommandError when the server refuses.
        """
        script = 'psql --no-psqlrc -AtF "\t" -v ON_ERROR_STOP=1 -d "$2" -c "$1"'
        if role:
            script = f"PGPASSWORD=$(cat /run/secrets/postgres/{role}) {script} -h 127.0.0.1 -U {role}"
        answer = self.inside("postgres", "sh", "-c", script, "sh", query, database)
        return [line.split("\t") for line in answer.splitlines()]

    def url(self, service: str) -> str:
        return f"http://127.0.0.1:{self.environment[PORTS[service]]}"


def definition() -> dict[str, Any]:
    """docker-compose.yml as it is written."""
    parsed: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return parsed
