"""The containers of this checkout, asked through `docker compose`: it reads .env and knows every port."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECONDS = 20.0
FOLDER_LABEL = "com.docker.compose.project.working_dir="


class ForeignContainersError(Exception):
    """The containers of this Compose project were started from another folder."""


@dataclass(frozen=True)
class Containers:
    """`environment` decides which Compose project is meant, as for every `docker compose` in this checkout."""

    root: Path
    environment: Mapping[str, str]

    def run(self, service: str) -> bool:
        """Whether the service's container runs; False without Docker, its plugin or its engine.

        Raises ForeignContainersError when it was started from another checkout.
        """
        found = self._asked("ps", "--format", "json", "--status", "running", service)
        containers = _parsed(found)
        for one in containers:
            if folder := _folder(one):
                self._check(Path(folder))
        return bool(containers)

    def address(self, service: str, port: int) -> str | None:
        """Where the service's port answers on this machine; None when it does not run. Raises as `run`."""
        if not self.run(service):
            return None
        found = self._asked("port", service, str(port)).strip()
        return f"http://{found}" if found else None

    def _check(self, folder: Path) -> None:
        # A folder that is not on this machine belongs to an engine elsewhere, which says nothing about checkouts here.
        if folder.exists() and not folder.samefile(self.root):
            raise ForeignContainersError(
                f"the containers of this Compose project were started from {folder}, not from {self.root}. "
                "Set COMPOSE_PROJECT_NAME in .env so that each checkout has its own"
            )

    def _asked(self, *words: str) -> str:
        try:
            done = subprocess.run(
                ["docker", "compose", *words],  # noqa: S607 - the one on the path
                cwd=self.root, env=self.environment, capture_output=True, text=True, timeout=SECONDS, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired):
            return ""
        return done.stdout if done.returncode == 0 else ""


def _parsed(text: str) -> list[dict[str, Any]]:
    """The output of `docker compose ps --format json`: one object a line, or in older versions one list."""
    try:
        found = [json.loads(line) for line in text.splitlines() if line.strip()]
    except ValueError:
        return []
    rows = found[0] if len(found) == 1 and isinstance(found[0], list) else found
    return [row for row in rows if isinstance(row, dict)]


def _folder(container: Mapping[str, Any]) -> str | None:
    labels = str(container.get("Labels", "")).split(",")
    return next((label.removeprefix(FOLDER_LABEL) for label in labels if label.startswith(FOLDER_LABEL)), None)
