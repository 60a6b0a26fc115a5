"""The log's level from a file that is looked at now and then, so that it changes without a restart."""

import logging
from pathlib import Path

import structlog

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")

log = structlog.stdlib.get_logger(__name__)


class LevelFile:
    """The word in the file is the level of the whole process; without the file it is ``otherwise``."""

    def __init__(self, path: Path, otherwise: str) -> None:
        self._path = path
        self._otherwise = otherwise
        self._last: str | None = None

    async def step(self) -> None:
        """Look once. An unknown level changes nothing, and is logged once."""
        try:
            # a level is one short word, whatever else somebody put there
            with self._path.open(encoding="utf-8", errors="replace") as file:
                wanted = file.read(16).strip().upper()
        except FileNotFoundError:
            wanted = self._otherwise
        except OSError as error:
            wanted = error.strerror or "unreadable"
        if wanted == self._last:
            return
        before, self._last = self._last, wanted
        if wanted not in LEVELS:
            log.warning(
                "LOG_LEVEL_FILE does not contain a valid level; the current one is kept",
                file=str(self._path),
                levels=LEVELS,
            )
            return
        logging.getLogger().setLevel(wanted)
        if before is not None:
            log.log(logging.getLevelName(wanted), "the log's level changed", to=wanted)
