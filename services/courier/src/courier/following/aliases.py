"""aliases.json: which version each alias names in the registry, and why it was refused. It is shown, and no more."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from courier.following.policy import ALIASES, Alias

FILE = "aliases.json"
LONGEST_REASON = 300


class NamedVersion(BaseModel):
    """The version that an alias names."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    version: str = Field(pattern=r"^[0-9]+$", max_length=20)
    refused: str | None = Field(default=None, max_length=LONGEST_REASON)
    """Why it does not serve; None where it was not refused."""


class Aliases(BaseModel):
    """The file's content."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    format: Literal[1] = 1
    model: str = Field(min_length=1)
    production: NamedVersion | None = None
    canary: NamedVersion | None = None
    shadow: NamedVersion | None = None


class AliasFile:
    """The file beside policy.json. Not part of it: a reader that does not know it must not refuse the policy."""

    def __init__(self, serving_dir: Path) -> None:
        self._path = serving_dir / FILE
        self._written: Aliases | None = None

    def write(self, model: str, named: Mapping[Alias, NamedVersion | None]) -> None:
        """Replace the file if its content differs. A failed write is tried again at the next look."""
        aliases = Aliases.model_validate({"model": model, **{alias: named.get(alias) for alias in ALIASES}})
        if aliases == self._written and self._path.is_file():
            return
        fresh = self._path.with_name(f".{FILE}-new")
        with contextlib.suppress(OSError):
            fresh.write_text(aliases.model_dump_json(indent=2, exclude_none=True) + "\n", encoding="utf-8")
            fresh.replace(self._path)
            self._written = aliases


def reason(error: str) -> str:
    """A refusal's words for the file: one line, not too long."""
    line = "".join(one if one.isprintable() else " " for one in error.encode(errors="replace").decode())
    return line if len(line) <= LONGEST_REASON else f"{line[: LONGEST_REASON - 1]}…"
