"""Logs: one JSON object per line on stdout and, when a folder is given, in a rotating file."""

from __future__ import annotations

import json
import logging
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path

import orjson
import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor

FILE_BYTES = 10 * 1024 * 1024
FILE_COUNT = 5


def configure(level: str, directory: Path | None) -> FilteringBoundLogger:
    """Set up logging for the process, libraries included, and return the courier's logger."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(serializer=_serialize),
        ],
    )
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stdout)]
    if directory is not None:
        directory.mkdir(parents=True, exist_ok=True)
        handlers.append(
            RotatingFileHandler(
                directory / "courier.log", maxBytes=FILE_BYTES, backupCount=FILE_COUNT, encoding="utf-8"
            )
        )
    root = logging.getLogger()
    root.setLevel(level)
    for handler in handlers:
        handler.setFormatter(formatter)
    root.handlers = handlers
    # The client retries by itself and says so at length; the courier says once that the registry is gone.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    structlog.configure(
        # Asked at each event and not decided here: the level can change (courier.log_level).
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger("DEBUG"),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    logger: FilteringBoundLogger = structlog.get_logger("courier")
    return logger


def _serialize(event: EventDict, **_: object) -> str:
    try:
        return orjson.dumps(event, default=str).decode()
    except TypeError:
        # Half a surrogate pair, say, in a tag from the registry.
        return json.dumps(event, default=str)
