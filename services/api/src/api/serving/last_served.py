"""The production models, newest first: a worker's way back when it starts while the policy names a bad bundle."""

import os
from pathlib import Path
from typing import Annotated

import structlog
from pydantic import Field, ValidationError

from api.serving.policy import PolicyEntry

FILE = "last-served.json"
_REMEMBERED = 10

log = structlog.stdlib.get_logger(__name__)


class Served(PolicyEntry):
    """The choice that served last, and ``before`` those before it, newest first."""

    before: Annotated[list[PolicyEntry], Field(default_factory=list, max_length=_REMEMBERED)]


class LastServed:
    """The production models of the past, in a file that outlives this api; all its workers write the same.

    Neither reading nor writing raises: without it, a worker has one way back less.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    def read(self) -> list[PolicyEntry]:
        """Each version and bundle that was in production, newest first."""
        try:
            served = Served.model_validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return []
        except (OSError, ValidationError) as error:
            log.warning("what served last can't be read", path=str(self._path), error=str(error))
            return []
        return [PolicyEntry(version=served.version, bundle=served.bundle), *served.before]

    def write(self, version: str, bundle: str) -> None:
        """Put it first, by an atomic rename."""
        choice = PolicyEntry(version=version, bundle=bundle)
        before = [known for known in self.read() if known != choice][:_REMEMBERED]
        # A file without `before` is what a first model leaves, and what earlier versions of this api read.
        served = Served(version=version, bundle=bundle, before=before) if before else choice
        fresh = self._path.with_name(f".{FILE}-{os.getpid()}")
        try:
            fresh.write_text(served.model_dump_json(exclude_none=True))
            fresh.replace(self._path)
        except OSError as error:
            log.warning("what serves can't be remembered", path=str(self._path), error=str(error))
