"""What served last, remembered across workers: a way back for one that starts while the policy names a bad bundle."""

import os
from pathlib import Path

import structlog
from pydantic import ValidationError

from api.policy import Choice

FILE = "last-served.json"

log = structlog.stdlib.get_logger(__name__)


class LastServed:
    """A file in a folder that this api may write and that outlives it; all its workers write the same.

    Neither reading nor writing raises: without it, a worker has one way back less.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    def read(self) -> Choice | None:
        try:
            return Choice.model_validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            log.warning("what served last can't be read", path=str(self._path), error=str(error))
            return None

    def write(self, version: str, bundle: str) -> None:
        """Replace the file by an atomic rename."""
        fresh = self._path.with_name(f".{FILE}-{os.getpid()}")
        try:
            fresh.write_text(Choice(version=version, bundle=bundle).model_dump_json(exclude_none=True))
            fresh.replace(self._path)
        except OSError as error:
            log.warning("what serves can't be remembered", path=str(self._path), error=str(error))
