"""A `docker` program for tests of shell scripts: notes each call, and answers from what it is given."""

import os
import shlex
import subprocess
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Docker:
    """`answers` are (pattern of the call, exit code, what it says); the first that fits counts, and any other call
    succeeds in silence. In a pattern `*` is anything."""

    folder: Path
    answers: list[tuple[str, int, str]] = field(default_factory=list)

    def run(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run `command` with this program as docker; its calls are in `calls` afterwards."""
        self.folder.mkdir(exist_ok=True)
        program = self.folder / "docker"
        program.write_text(self._script())
        program.chmod(0o755)
        self._calls.unlink(missing_ok=True)
        path = f"{self.folder}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            command, env={"PATH": path, **variables}, capture_output=True, text=True, timeout=60, check=False
        )

    @property
    def calls(self) -> list[str]:
        return self._calls.read_text().splitlines() if self._calls.exists() else []

    @property
    def _calls(self) -> Path:
        return self.folder / "calls"

    def _script(self) -> str:
        lines = ["#!/bin/sh", f'echo "$*" >>{shlex.quote(str(self._calls))}', 'case "$*" in']
        for pattern, code, found in self.answers:
            fits = "*".join(map(shlex.quote, pattern.split("*")))
            lines.append(f"{fits}) printf %s {shlex.quote(found)} >&{2 if code else 1}; exit {code} ;;")
        return "\n".join([*lines, "esac"]) + "\n"
