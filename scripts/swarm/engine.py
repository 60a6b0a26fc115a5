"""Docker, as the `docker` program reaches it: DOCKER_HOST or the current context names a manager of the swarm."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from typing import Any

from scripts.swarm.errors import SwarmError

SECONDS = 120.0
"""A call that takes longer waits for a manager that has gone."""


class Engine:
    """Calls of `docker`. `environment` fills the variables of a stack file."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._environment = {**os.environ, **(environment or {})}

    def text(self, *arguments: str, stdin: str | None = None) -> str:
        """The output of `docker ARGUMENTS`. Raises SwarmError: it is missing, failed or did not end."""
        program = shutil.which("docker")
        if program is None:
            raise SwarmError("`docker` is needed and is not on the path")
        try:
            done = subprocess.run(
                [program, *arguments],
                env=self._environment,
                input=stdin,
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise SwarmError(f"`docker {arguments[0]} {arguments[1]}` did not end within {SECONDS:g} s") from None
        if done.returncode:
            raise SwarmError(f"`docker {' '.join(arguments[:3])}` failed: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def rows(self, *arguments: str) -> list[dict[str, Any]]:
        """The objects that a listing of `docker` writes with `--format json`, one a line. Raises SwarmError."""
        lines = self.text(*arguments, "--format", "{{json .}}").splitlines()
        return [json.loads(line) for line in lines if line.strip()]

    def inspected(self, kind: str, *names: str) -> list[dict[str, Any]]:
        """`docker KIND inspect NAMES`; an empty list for no names. Raises SwarmError."""
        found: list[dict[str, Any]] = json.loads(self.text(kind, "inspect", *names)) if names else []
        return found
