"""Other people's programs, started from the repository's root: docker, grype, syft, git."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.images.errors import ProgramError

ROOT = Path(__file__).resolve().parents[2]
TELLING_LINES = 20  # of what a failed program wrote last


def folder(name: str) -> Path:
    """var/images/`name`, or the same below IMAGES_DIR; made when it is not there."""
    path = Path(os.environ.get("IMAGES_DIR") or ROOT / "var" / "images") / name
    path.mkdir(parents=True, exist_ok=True)
    return path


def run(*command: str, environment: Mapping[str, str] | None = None) -> None:
    """Run `command` with its output on the terminal. Raises ProgramError."""
    done = subprocess.run([found(command[0]), *command[1:]], cwd=ROOT, env=_with(environment), check=False)
    if done.returncode:
        raise ProgramError(f"`{' '.join(command)}` ended with {done.returncode}; what it says is above")


def text(*command: str, environment: Mapping[str, str] | None = None) -> str:
    """The standard output of `command`, without the spaces around it. Raises ProgramError."""
    done = subprocess.run(
        [found(command[0]), *command[1:]],
        cwd=ROOT,
        env=_with(environment),
        check=False,
        capture_output=True,
        encoding="utf-8",
    )
    if done.returncode:
        ending = "\n".join(done.stderr.strip().splitlines()[-TELLING_LINES:])
        raise ProgramError(f"`{' '.join(command)}` ended with {done.returncode}:\n{ending}")
    return done.stdout.strip()


def parsed(*command: str, environment: Mapping[str, str] | None = None) -> Any:
    """The JSON that `command` writes. Raises ProgramError."""
    return json.loads(text(*command, environment=environment))


def found(program: str) -> str:
    """The path of `program`. Raises ProgramError: it is not installed."""
    path = shutil.which(program)
    if path is None:
        raise ProgramError(f"`{program}` is needed and is not on the path; docs/ci.md says where to get it")
    return path


def _with(environment: Mapping[str, str] | None) -> dict[str, str] | None:
    return None if environment is None else {**os.environ, **environment}
