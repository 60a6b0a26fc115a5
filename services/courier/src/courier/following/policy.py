"""policy.json: which bundle serves which share of the traffic, as docs/formats has it."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Self

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

FILE = "policy.json"

Alias = Literal["production", "canary", "shadow"]
Verdict = Literal["passed", "failed"]
ALIASES: tuple[Alias, ...] = ("production", "canary", "shadow")


class PolicyEntry(BaseModel):
    """A version that serves, and the bundle it is."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    version: str = Field(pattern=r"^[0-9]+$", max_length=20)
    bundle: str = Field(pattern=r"^[0-9a-f]{64}$")
    percent: float | None = Field(default=None, ge=0, le=100)
    """Share of the traffic; the canary's alone."""
    verdict: Verdict | None = None
    """The gate's verdict on this version; None where the registry has none."""


class Policy(BaseModel):
    """The file's content."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    format: Literal[1] = 1
    generation: int = Field(ge=1)
    model: str = Field(min_length=1)
    production: PolicyEntry | None
    canary: PolicyEntry | None
    shadow: PolicyEntry | None

    @model_validator(mode="after")
    def _shares(self) -> Self:
        """A canary has a share of the traffic, and nothing else has."""
        if self.canary is not None and self.canary.percent is None:
            raise ValueError("a canary needs a percent")
        if any(entry is not None and entry.percent is not None for entry in (self.production, self.shadow)):
            raise ValueError("only a canary has a percent")
        return self

    def entry(self, alias: Alias) -> PolicyEntry | None:
        """The entry of that name."""
        entry: PolicyEntry | None = getattr(self, alias)
        return entry

    @property
    def bundles(self) -> set[str]:
        """The bundles it names."""
        return {entry.bundle for alias in ALIASES if (entry := self.entry(alias)) is not None}


class PolicyFile:
    """The file in the serving directory, or a copy of it under another name."""

    def __init__(self, serving_dir: Path, name: str = FILE) -> None:
        self._path = serving_dir / name

    def read(self) -> Policy | None:
        """The policy on disk; None when there is none that can be read."""
        try:
            return Policy.model_validate_json(self._path.read_bytes())
        except (OSError, ValidationError):
            return None

    def write(self, model: str, entries: dict[Alias, PolicyEntry | None], current: Policy | None) -> Policy:
        """Replace the file by the next generation, durable before it is visible; every bundle must be complete.

        Where the current file can't be read its generation isn't known. The clock's seconds are then surely higher, and
        readers see a change.
        """
        generation = current.generation + 1 if current is not None else int(time.time()) if self._path.exists() else 1
        policy = Policy.model_validate({"generation": generation, "model": model, **entries})
        self._replace(_encode(policy))
        return policy

    def written_at(self) -> datetime:
        """When it was replaced last. Raises OSError where there is none."""
        return datetime.fromtimestamp(self._path.stat().st_mtime, UTC)

    def copy(self, other: PolicyFile) -> None:
        """Become what `other` is now. Raises OSError."""
        self._replace(other._path.read_bytes())

    def _replace(self, content: bytes) -> None:
        fresh = self._path.with_name(f".{self._path.name}-new")
        with fresh.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)


def _encode(policy: Policy) -> bytes:
    # An entry that is null is written as null; what an entry may be without is left out.
    content = policy.model_dump()
    for alias in ALIASES:
        if (entry := policy.entry(alias)) is not None:
            content[alias] = entry.model_dump(exclude_none=True)
    return orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n"
