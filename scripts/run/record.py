"""var/run/platform.json: what this checkout has started, so that every verb finds its own platform and no other."""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from scripts.run.start_times import birth

FILE = Path("var/run/platform.json")
GUARD = Path("var/run/.platform.guard")


class Part(BaseModel):
    """One running process group."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    pid: int
    """The process id of the group's leader, which is also the group's."""
    birth: str
    """When the leader started, from `birth`."""
    since: str
    """The same as a time in UTC, for people."""
    verb: str
    """The verb that a person typed: local, api, mlflow, demo, train."""
    starter: int
    """The process that started the part, waits for it and stops it in order."""
    starter_birth: str | None
    address: str
    registry: str
    """The MLflow server it works with."""
    model: str
    serving_dir: str

    @property
    def lives(self) -> bool:
        return birth(self.pid) == self.birth

    @property
    def starter_lives(self) -> bool:
        return self.starter_birth is not None and birth(self.starter) == self.starter_birth


class Record(BaseModel):
    """The file's content. `root` is there because a checkout may be copied together with its var/."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: Literal[1] = 1
    root: str
    parts: dict[str, Part]
    """By name: mlflow, courier, api; in the order in which they were started."""


def read(root: Path) -> dict[str, Part]:
    """The parts of this checkout that run now; what a killed process left in the file is left out."""
    try:
        record = Record.model_validate_json((root / FILE).read_bytes())
    except (OSError, ValidationError):
        return {}
    if not _same_folder(Path(record.root), root):
        return {}
    return {name: part for name, part in record.parts.items() if part.lives}


def add(root: Path, name: str, part: Part) -> None:
    """Write one more part down."""
    with _changing(root) as parts:
        parts[name] = part


def remove(root: Path, name: str, pid: int) -> None:
    """Forget a part that ended; the file goes with the last one."""
    with _changing(root) as parts:
        if name in parts and parts[name].pid == pid:
            del parts[name]


@contextmanager
def _changing(root: Path) -> Iterator[dict[str, Part]]:
    """The living parts, to be changed; the file is replaced as a whole, by one process at a time."""
    (root / GUARD).parent.mkdir(parents=True, exist_ok=True)
    with (root / GUARD).open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        parts = read(root)
        yield parts
        if parts:
            _replace(root / FILE, Record(root=str(root.resolve()), parts=parts))
        else:
            (root / FILE).unlink(missing_ok=True)


def _replace(path: Path, record: Record) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    # An address may hold a password.
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(json.dumps(record.model_dump(), indent=2) + "\n")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _same_folder(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def addresses(parts: Mapping[str, Part]) -> list[str]:
    """One line for each address a person may open."""
    registries = dict.fromkeys([part.registry for part in parts.values()])
    lines = [f"MLflow       {_without_password(registry)}" for registry in registries]
    if "api" in parts:
        api = parts["api"].address
        lines += [
            f"playground   {api}/",
            f"status       {api}/status",
            "alerts       there: no model, old journal, drift, accuracy; make status prints them",
            f"description  {api}/docs",
            f"metrics      {api}/metrics",
        ]
    if "courier" in parts:
        lines += [f"courier      {parts['courier'].address}/health", "audit        logs/predictions.db"]
    return lines


def _without_password(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"
