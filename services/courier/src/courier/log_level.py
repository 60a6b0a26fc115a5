"""The log's level from a file that is looked at now and then, so that it changes without a restart."""

from __future__ import annotations

import logging
from pathlib import Path

from structlog.typing import FilteringBoundLogger

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
LOOK_SECONDS = 1.0


class LevelFile:
    """The word in the file is the level of the whole process; without the file it is `otherwise`."""

    def __init__(self, path: Path, otherwise: str, log: FilteringBoundLogger) -> None:
        self._path = path
        self._otherwise = otherwise
        self._log = log
        self._last: str | None = None

    def work(self) -> float:
        """Look once; returns the seconds to the next look. An unknown level changes nothing, and is logged once."""
        try:
            # A level is one short word, whatever else somebody put there.
            with self._path.open(encoding="utf-8", errors="replace") as file:
                wanted = file.read(16).strip().upper()
        except FileNotFoundError:
            wanted = self._otherwise
        except OSError as error:
            wanted = error.strerror or "unreadable"
        if wanted != self._last:
            before, self._last = self._last, wanted
            if wanted not in LEVELS:
                self._log.warning(
                    "LOG_LEVEL_FILE does not contain a valid level; the current one is kept",
                    file=str(self._path),
                    levels=LEVELS,
                )
            else:
                logging.getLogger().setLevel(wanted)
                if before is not None:
                    self._log.log(logging.getLevelName(wanted), "the log's level changed", to=wanted)
        return LOOK_SECONDS
