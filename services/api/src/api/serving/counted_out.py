"""Versions that took too long in service, remembered across workers: none of them serves as canary or shadow again."""

import os
from collections.abc import Collection
from pathlib import Path

import structlog
from pydantic import TypeAdapter, ValidationError

from api.serving.policy import PolicyEntry

FILE = "counted-out.json"
_MOST = 100

log = structlog.stdlib.get_logger(__name__)

_Choices = TypeAdapter(list[PolicyEntry])


class CountedOut:
    """The versions that took too long, in a file that outlives this api; all its workers read and write the same.

    Neither reading nor writing raises: without the file each worker knows what it has seen itself.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._seen: tuple[int, int] | None = None
        self._known: frozenset[tuple[str, str]] = frozenset()

    def __contains__(self, choice: PolicyEntry) -> bool:
        return (choice.version, choice.bundle) in self._known

    def versions(self) -> list[str]:
        return sorted({version for version, _ in self._known}, key=int)

    def add(self, version: str, bundle: str) -> None:
        """Count a version out, for all workers. May be called from any thread."""
        self.look()
        self._write(self._known | {(version, bundle)})

    def look(self) -> None:
        """Take over what other workers have counted out."""
        try:
            status = self._path.stat()
            mark = (status.st_mtime_ns, status.st_ino)
            if mark != self._seen:
                found = _Choices.validate_json(self._path.read_bytes())
                self._known, self._seen = frozenset((one.version, one.bundle) for one in found), mark
        except (FileNotFoundError, NotADirectoryError):
            if self._seen is not None:
                self._known, self._seen = frozenset(), None
        except (OSError, ValidationError) as error:
            log.warning("the versions that were counted out can't be read", path=str(self._path), error=str(error))

    def forget(self, named: Collection[PolicyEntry]) -> None:
        """Forget versions that the policy no longer names; a policy that names one again gives it another chance."""
        still = {(choice.version, choice.bundle) for choice in named}
        if self._known - still:
            self._write(self._known & still)

    def _write(self, known: frozenset[tuple[str, str]]) -> None:
        self._known = known
        fresh = self._path.with_name(f".{FILE}-{os.getpid()}")
        choices = [PolicyEntry(version=version, bundle=bundle) for version, bundle in sorted(known)[:_MOST]]
        try:
            fresh.write_bytes(_Choices.dump_json(choices, exclude_none=True))
            fresh.replace(self._path)
            status = self._path.stat()
            self._seen = (status.st_mtime_ns, status.st_ino)
        except OSError as error:
            log.warning("a version that is counted out can't be remembered", path=str(self._path), error=str(error))
