"""One JSON line per event, on stdout and, when a folder is given, in a rotating file shared by all workers."""

import fcntl
import json
import logging
import os
import sys
from contextvars import ContextVar
from logging.handlers import WatchedFileHandler
from pathlib import Path

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

request_id_of_task: ContextVar[str] = ContextVar("request_id")
trace_id_of_task: ContextVar[str] = ContextVar("trace_id")


class SharedRotatingFile(WatchedFileHandler):
    """A log file that several processes write and any of them rotates.

    The standard library's rotating handler renames the file under the other processes, which then go on writing
    to the renamed one for ever. This one looks before each line whether the name still leads to the file it has
    open (what WatchedFileHandler does), and rotates under a lock after looking once more. A line is one write to
    a file opened for appending, so lines neither tear nor get lost.
    """

    def __init__(self, path: Path, *, largest: int = 10 * 1024 * 1024, keep: int = 5) -> None:
        super().__init__(path, encoding="utf-8")
        self._path = path
        self._largest = largest
        self._keep = keep

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = f"{self.format(record)}\n".encode("utf-8", "backslashreplace")
            self.reopenIfNeeded()
            if os.fstat(self._descriptor()).st_size >= self._largest:
                self._rotate()
                self.reopenIfNeeded()
            os.write(self._descriptor(), line)
        except Exception:
            self.handleError(record)

    def _descriptor(self) -> int:
        if self.stream is None:
            self.stream = self._open()
        return self.stream.fileno()

    def _rotate(self) -> None:
        with self._path.with_name(f".{self._path.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not self._path.exists() or self._path.stat().st_size < self._largest:
                return
            for number in range(self._keep - 1, 0, -1):
                older = self._path.with_name(f"{self._path.name}.{number}")
                if older.exists():
                    older.replace(self._path.with_name(f"{self._path.name}.{number + 1}"))
            self._path.replace(self._path.with_name(f"{self._path.name}.1"))


def configure_logging(level: str, log_dir: Path | None) -> None:
    """Configure logging, once per process tree and before the workers are forked."""
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_ids,
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(_dumps),
        ],
        foreign_pre_chain=[structlog.stdlib.PositionalArgumentsFormatter(), *shared],
    )
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stdout)]
    if log_dir is not None:
        log_dir.mkdir(parents=True, exist_ok=True)
        handlers.append(SharedRotatingFile(log_dir / "app.log"))
    for handler in handlers:
        handler.setFormatter(formatter)
    logging.basicConfig(level=level, handlers=handlers, force=True)


def _add_ids(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    for name, of_task in (("request_id", request_id_of_task), ("trace_id", trace_id_of_task)):
        found = of_task.get(None)
        if found is not None:
            event.setdefault(name, found)
    return event


def _dumps(event: EventDict, **_: object) -> str:
    try:
        return orjson.dumps(event, default=str).decode()
    except TypeError:
        # half a surrogate pair, say, in a name from outside
        return json.dumps(event, default=str)
