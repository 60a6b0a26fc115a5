"""The versions that the registry's aliases name, from aliases.json, and why some of them do not serve here."""

from pathlib import Path
from typing import Annotated, Literal, get_args

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.serving.policy import Variant

FILE = "aliases.json"
_LARGEST = 64 * 1024

log = structlog.stdlib.get_logger(__name__)


class NamedVersion(BaseModel):
    """The version that an alias names; ``refused`` says why the courier did not bring it."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    version: Annotated[str, Field(pattern=r"^[0-9]+$", max_length=20)]
    refused: Annotated[str, Field(max_length=1000)] | None = None


class Aliases(BaseModel):
    """The file aliases.json of the courier: the version that each alias names in the registry."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    format: Literal[1]
    production: NamedVersion | None = None
    canary: NamedVersion | None = None
    shadow: NamedVersion | None = None

    def named(self) -> dict[Variant, NamedVersion]:
        """By alias; without those that name nothing."""
        found: dict[Variant, NamedVersion | None] = {alias: getattr(self, alias) for alias in get_args(Variant)}
        return {alias: one for alias, one in found.items() if one is not None}


class AliasFile:
    """The courier's file. It is only shown: without it, or when it can't be read, nothing is known and all goes on."""

    def __init__(self, serving: Path) -> None:
        self._path = serving / FILE
        self._state: tuple[int, int, int] | None = None
        self._named: dict[Variant, NamedVersion] = {}

    def read(self) -> dict[Variant, NamedVersion]:
        """The version of each alias, read again when the file changed."""
        try:
            status = self._path.stat()
            state = (status.st_ino, status.st_mtime_ns, status.st_size)
            if state != self._state:
                self._state, self._named = state, {}
                with self._path.open("rb") as file:
                    self._named = Aliases.model_validate_json(file.read(_LARGEST)).named()
        except FileNotFoundError:
            self._state, self._named = None, {}
        except (OSError, ValidationError) as error:
            log.warning("aliases can't be read, and are not shown", path=str(self._path), error=str(error))
        return self._named
