"""Fields of a journal record, each read strictly: what a reader gets, both stores can hold."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson

from courier.errors import FrameRefusedError


def optional_text_of(frame: dict[str, Any], key: str) -> str | None:
    """A text as `text_of` has it, or None where there is none; raises FrameRefusedError."""
    return None if frame.get(key) is None else text_of(frame, key)


def text_of(frame: dict[str, Any], key: str) -> str:
    """A text that is there and that both stores can hold; raises FrameRefusedError."""
    value = frame.get(key)
    if not isinstance(value, str) or not value:
        raise FrameRefusedError(f"{key} is missing, empty or no string")
    # PostgreSQL has no NUL in text and SQLite ends a text at one: refused here, so that both stores agree.
    if "\x00" in value:
        raise FrameRefusedError(f"{key} contains a NUL character")
    return value


def moment_of(frame: dict[str, Any], key: str = "at") -> str:
    """A time in UTC, always written alike, so that SQLite's text sorts by time; raises FrameRefusedError."""
    text = text_of(frame, key)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise FrameRefusedError(f"{key} is no RFC 3339 time") from None
    if moment.tzinfo is None:
        raise FrameRefusedError(f"{key} has no time zone")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def texts_of(frame: dict[str, Any], key: str) -> str:
    """An object of texts, as JSON; raises FrameRefusedError."""
    texts = frame.get(key)
    if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
        raise FrameRefusedError(f"{key} is not an object of texts")
    return orjson.dumps(texts).decode()


def optional_number_of(frame: dict[str, Any], key: str) -> float | None:
    """A number, or None where there is none; raises FrameRefusedError."""
    value = frame.get(key)
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return None if value is None else float(value)
    raise FrameRefusedError(f"{key} is not a number")


def list_of(frame: dict[str, Any], key: str) -> list[Any]:
    """A list of anything; raises FrameRefusedError."""
    value = frame.get(key)
    if not isinstance(value, list):
        raise FrameRefusedError(f"{key} is missing or no list")
    return value


def names_of(frame: dict[str, Any], key: str) -> list[str]:
    """Names of columns, each once; raises FrameRefusedError."""
    names = list_of(frame, key)
    if not names or not all(isinstance(name, str) and name and "\x00" not in name for name in names):
        raise FrameRefusedError(f"{key} holds something that is not a name")
    if len(set(names)) < len(names):
        raise FrameRefusedError(f"{key} names something twice")
    return names
