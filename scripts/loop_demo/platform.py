"""The container stack: started where it is not, with the retrainer at the demo's pace, and asked through its doors."""

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from scripts.loop_demo.errors import DemoError

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PARAMS = Path("var/loop-demo/params.yaml")
PACED = ("retraining", "rollout", "loop")
UP_SECONDS = 900

_RETRAINER = ("up", "--detach", "--no-deps", "--no-build", "--pull", "never")
# Runs in the trainer's container, which has the registry's address and password.
COPY = """
import sys
from trainer.registry.registry import MlflowRegistry
from trainer.settings import Settings
registry, (model, number) = MlflowRegistry(Settings()), sys.argv[1:]
version = registry.state(model).version(number)
past = ("percent", "move.", "had_alias.")
tags = {name: value for name, value in version.tags.items() if not name.startswith(past)}
print(registry.register(model, version.run_id, tags))
"""
_FETCH = "import sys, urllib.request; sys.stdout.buffer.write(urllib.request.urlopen(sys.argv[1], timeout=5).read())"


def paced(params: dict[str, Any], pace: dict[str, Any]) -> dict[str, Any]:
    """`params` with the demo's numbers. Raises DemoError for a number that is not one of pace."""
    if strange := set(pace) - set(PACED):
        raise DemoError(f"pace.yaml may set {', '.join(PACED)}; it sets {', '.join(sorted(strange))}")
    return {**params, **{part: {**params[part], **numbers} for part, numbers in pace.items()}}


def compose_files(environment: Mapping[str, str], root: Path) -> list[str]:
    """The files `docker compose` would read in `root`: those of COMPOSE_FILE, also of .env, or else its own choice."""
    setting = environment.get("COMPOSE_FILE")
    if setting is None and (file := root / ".env").exists():
        lines = (line.partition("=") for line in file.read_text().splitlines())
        setting = next((value.strip().strip("'\"") for name, _, value in lines if name.strip() == "COMPOSE_FILE"), None)
    if setting:
        return setting.split(os.pathsep)
    return [name for name in ("docker-compose.yml", "docker-compose.override.yml") if (root / name).exists()]


@dataclass(frozen=True)
class Platform:
    """`environment` decides which Compose project is meant, as for every `docker compose` in this checkout."""

    environment: Mapping[str, str]
    logs: Path = ROOT / "var" / "loop-demo"
    """Where the logs of a demo that failed are kept."""

    def running(self) -> set[str]:
        """The services that run. Raises DemoError where no Docker engine answers."""
        return set(self._compose("ps", "--services", "--status", "running", seconds=60).split())

    def start(self) -> None:
        """Everything but the retrainer, as `make up` does it; what it says goes to the terminal. Raises DemoError."""
        try:
            done = subprocess.run(
                [str(ROOT / "scripts/run/stack/up.sh")], env=self.environment, timeout=UP_SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise DemoError(f"scripts/run/stack/up.sh: {error}") from None
        if done.returncode:
            raise DemoError("the containers did not start; the reason is above")

    def pace(self) -> None:
        """The retrainer, at the demo's pace and without a memory of earlier alerts. Raises DemoError."""
        params, pace = ((ROOT / "params.yaml"), (HERE / "pace.yaml"))
        file = ROOT / PARAMS
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(yaml.safe_dump(paced(yaml.safe_load(params.read_text()), yaml.safe_load(pace.read_text()))))
        # The container's user is another one.
        file.parent.chmod(0o755)
        file.chmod(0o644)
        self._compose(*_RETRAINER, "--wait", "--force-recreate", "retrainer", demo=True, seconds=UP_SECONDS)

    def resume(self) -> None:
        """The retrainer at its usual pace again."""
        self._compose(*_RETRAINER, "retrainer", seconds=120)

    def stop_retrainer(self) -> None:
        """Stop and remove the retrainer, also in the middle of its work."""
        self._compose("rm", "--stop", "--force", "retrainer", seconds=120)

    def trainer(self, *verb: str) -> None:
        """A verb of the trainer that moves aliases, e.g. promote. Raises DemoError."""
        self._compose("run", "--rm", "--no-deps", "--no-TTY", "trainer", *verb, seconds=300)

    def copy_version(self, model: str, number: str) -> str:
        """Register the bundle of that version once more; returns the new version's number. Raises DemoError."""
        python = ("run", "--rm", "--no-deps", "--no-TTY", "--entrypoint", "python", "trainer", "-c", COPY)
        return self._compose(*python, model, number, seconds=300).split()[-1]

    def keep_logs(self, services: tuple[str, ...]) -> list[Path]:
        """Write the output of those services into `logs`: a container's log is gone once another takes its place."""
        kept = []
        for service in services:
            file = self.logs / f"{service}.log"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(self._compose("logs", "--no-color", "--timestamps", service, seconds=60), encoding="utf-8")
            kept.append(file)
        return kept

    def address(self, service: str, port: int) -> str:
        """Where a service answers on this machine."""
        return f"http://{self._compose('port', service, str(port), seconds=60).strip()}"

    def page(self, service: str, url: str) -> bytes:
        """A page that only answers inside, e.g. the courier's. Raises DemoError."""
        return self._compose("exec", "-T", service, "python", "-c", _FETCH, url, seconds=30).encode()

    def json(self, service: str, url: str) -> Any:
        return json.loads(self.page(service, url))

    def rows(self, statement: str) -> list[list[str]]:
        """The rows that a query on the store returns, every value as text."""
        asked = ("psql", "-U", "postgres", "-d", "audit", "-AtF", "\t", "-c", statement)
        return [line.split("\t") for line in self._compose("exec", "-T", "postgres", *asked, seconds=30).splitlines()]

    def _compose(self, *words: str, seconds: float, demo: bool = False) -> str:
        environment = {**self.environment, "COMPOSE_PROFILES": "loop"}
        if demo:
            environment["COMPOSE_FILE"] = os.pathsep.join(
                [*compose_files(self.environment, ROOT), str(HERE / "compose.yml")]
            )
        try:
            done = subprocess.run(
                ["docker", "compose", *words],  # noqa: S607 - the one on the path
                cwd=ROOT, env=environment, capture_output=True, text=True, timeout=seconds, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise DemoError(f"docker compose {words[0]}: {error}") from None
        if done.returncode:
            raise DemoError(
                f"docker compose {' '.join(words[:3])} ended with {done.returncode}: {done.stderr[-800:].strip()}"
            )
        return done.stdout
